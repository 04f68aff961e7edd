import { isCancellation } from '@temporalio/workflow';
import type { Sender } from '../../activities/background.ts';
import { background } from './activities.ts';

/** What is done about the files of a sender, one after the other. What each has come to stands in PostgreSQL. */
const steps = {
  settlement: ['fetchReports', 'importFiles', 'matchFiles', 'postFiles', 'settleFiles'],
  bank_statement: ['fetchReports', 'importFiles', 'matchStatements'],
} as const;

/** Of each step, what it counted. */
export type Reconciled = Readonly<Record<string, Readonly<Record<string, number>>>>;

/**
 * One turn for one sender. A step that fails for good ends it, and the next turn begins where it stood; but a sender
 * that cannot be reached keeps nothing waiting that was fetched before, or uploaded.
 */
export async function reconcileWorkflow({
  kind,
  ...sender
}: Sender & { readonly kind: keyof typeof steps }): Promise<Reconciled> {
  const done: Record<string, Readonly<Record<string, number>>> = {};
  let unfetched: Error | undefined;
  for (const step of steps[kind]) {
    try {
      done[step] = { ...(await background[step](sender)) };
    } catch (error) {
      if (step !== 'fetchReports' || isCancellation(error)) throw error;
      unfetched = error as Error;
    }
  }
  if (unfetched !== undefined) throw unfetched;
  return done;
}
