/** A request to resolve that nobody decided: it lapses by itself, its payment says so, and another may be made. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { lapseApprovals } from '../../db/approvals.ts';
import type { PaymentState } from '../../domain/payment-state.ts';
import { aKey, seen, startApprovalsApi, type ApprovalsApi } from '../../test/support/approvals-api.ts'; // prettier-ignore
import { unknown } from '../../test/support/payments.ts';

let it: ApprovalsApi;
beforeAll(async () => {
  it = await startApprovalsApi();
});
afterAll(() => it.close());

const week = (): Promise<unknown> =>
  it.on.rows.all('update clock set offset_seconds = offset_seconds + 7 * 86400');
const inDoubt = (): Promise<PaymentState> => it.on.tried({ merchantId: it.merchantId }, unknown());
async function ask({ id, attempts }: PaymentState): Promise<unknown> {
  const body = { attempt_id: attempts[0]?.id, outcome: 'not_done', evidence: 'their dashboard' };
  const answer = await it.api.post(`/v1/payments/${id}/resolve`, body, { ...aKey(), ...it.as('support') }); // prettier-ignore
  expect(seen(answer)).toBe('202 open');
  return answer.body['id'];
}
async function linesOf({ id }: PaymentState): Promise<readonly string[]> {
  const rows = await it.on.rows.all<{ kind: string }>(
    `select kind from timeline where payment_id = $1 and kind like 'resolution%' order by sequence`,
    [id],
  );
  return rows.map(({ kind }) => kind);
}

test('the background process writes it down once, with one line for each payment', async () => {
  const payments = [await inDoubt(), await inDoubt()];
  const ids = await Promise.all(payments.map(ask));
  expect(await lapseApprovals(it.on.worker)).toBe(0);
  await week();
  const sweeps = await Promise.all(Array.from({ length: 8 }, () => lapseApprovals(it.on.worker)));
  expect(sweeps.reduce((sum, lapsed) => sum + lapsed, 0)).toBe(2);
  for (const payment of payments) {
    expect(await linesOf(payment)).toEqual(['resolution.requested', 'resolution.lapsed']);
  }
  expect(seen(await it.decide(ids[0], 'approve', 'support2'))).toBe('409 approval_lapsed');
  const kept = await it.on.rows.all('select status, decided_by from approvals');
  expect(kept).toEqual([1, 2].map(() => ({ status: 'lapsed', decided_by: 'tender' })));
});

test('asked about again before anybody has written it down, the line comes first', async () => {
  const payment = await inDoubt();
  await ask(payment);
  await week();
  await ask(payment);
  expect(await linesOf(payment)).toEqual([
    ...['resolution.requested', 'resolution.lapsed', 'resolution.requested'],
  ]);
  expect(await lapseApprovals(it.on.worker)).toBe(0);
});
