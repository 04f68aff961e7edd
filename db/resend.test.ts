/** The permit of a resend is the database's to give: inside half of the key's life, on its own clock. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { recordOperation } from '../domain/record-operation.ts';
import type { OperationPatch } from '../domain/change.ts';
import { attemptById, operationById, type PaymentState } from '../domain/payment-state.ts';
import { declined, seenByLookup, unknown } from '../test/support/payments.ts';
import {
  openPaymentDatabase,
  verdictOf,
  type PaymentDatabase,
} from '../test/support/payment-database.ts';

let on: PaymentDatabase;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

async function doubtfulRefund(): Promise<{ payment: PaymentState; id: string }> {
  const payment = await on.operate(await on.captured(), { kind: 'refund' }, unknown());
  return { payment, id: payment.operations.at(-1)?.id ?? '' };
}

const setHorizon = (table: 'attempts' | 'operations', id: string, at: string): Promise<unknown> =>
  on.rows.all(`update ${table} set key_horizon = tender_now() + $2::interval where id = $1`, [
    id,
    at,
  ]);

test.each([
  ['1 minute', 'accepted'],
  ['0', 'resend_within_key'],
  ['-1 day', 'resend_within_key'],
])('a refund whose key is safe for another %s: %s', async (at, verdict) => {
  const { payment, id } = await doubtfulRefund();
  await setHorizon('operations', id, at);
  const patch: OperationPatch = { id, fromStatus: 'unknown', sentCount: 2 };
  const sent = on.commit(payment, { operations: { update: [patch] }, timeline: [] });
  expect(await verdictOf(sent)).toBe(verdict);
});

test('a new key is another request, and has its own time', async () => {
  const { payment, id } = await doubtfulRefund();
  await setHorizon('operations', id, '-1 day');
  const patch: OperationPatch = {
    ...{ id, fromStatus: 'unknown', sentCount: 2, providerKey: `${id}.1` },
    keyHorizon: payment.now + 60_000,
  };
  const sent = on.commit(payment, { operations: { update: [patch] }, timeline: [] });
  expect(await verdictOf(sent)).toBe('accepted');
});

test('an attempt past its key is not sent again', async () => {
  const payment = await on.tried({}, unknown());
  const id = payment.attempts[0]?.id ?? '';
  await setHorizon('attempts', id, '0');
  const patch = { id, fromStatus: 'unknown', sentCount: 2 } as const;
  const sent = on.commit(payment, { attempts: { update: [patch] }, timeline: [] });
  expect(await verdictOf(sent)).toBe('resend_within_key');
});

test('of two sends of a refund a no settles nothing; of one, or seen by a lookup, it does', async () => {
  const { payment, id } = await doubtfulRefund();
  const operation = operationById(payment, id);
  const attempt = attemptById(payment, operation.attemptId ?? '');
  const after = (sentCount: number, outcome = declined()): string | undefined => {
    const r = { payment, operation: { ...operation, sentCount }, attempt };
    return recordOperation(r, outcome)?.operations?.update?.[0]?.status;
  };
  expect([after(1), after(2), after(2, seenByLookup(declined()))]).toEqual([
    'failed',
    'unknown',
    'failed',
  ]);
});
