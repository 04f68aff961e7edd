/** What Tender is compared with: the way most payment services on Temporal are written, and nothing at all. */
import { proxyActivities } from '@temporalio/workflow';
import type { UsualActivities } from './activities.ts';

const activities = proxyActivities<UsualActivities>({ startToCloseTimeout: '30s' });

/** Four ordinary activities, the result to the caller. */
export async function usualPayment(id: string, amount: string): Promise<string> {
  await activities.record(id, amount);
  const risk = await activities.score(id);
  if (risk > 90) return 'declined';
  const reference = await activities.authorize(id, amount);
  await activities.post(id, amount, reference);
  return 'captured';
}

export async function emptyPayment(): Promise<string> {
  return Promise.resolve('captured');
}
