/** What the database itself holds of re-authorizations, whoever writes. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { PaymentState } from '../domain/payment-state.ts';
import { requestReauthorization } from '../domain/reauthorization.ts';
import { submitAttempt } from '../domain/submit-attempt.ts';
import { recordAttempt } from '../domain/record-attempt.ts';
import { openPaymentDatabase, sqlAs, verdictOf } from '../test/support/payment-database.ts';
import type { PaymentDatabase } from '../test/support/payment-database.ts';
import { aContract, approved } from '../test/support/payments.ts';

let on: PaymentDatabase;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

const expiry = { kind: 'void', cause: 'expiry', final: true } as const;

async function expired(
  values: Parameters<PaymentDatabase['tried']>[0] = {},
): Promise<PaymentState> {
  const held = await on.tried(values);
  const attemptId = held.attempts[0]?.id ?? '';
  const payment = await on.operate(held, { ...expiry, attemptId }, approved());
  expect(payment.status).toBe('expired');
  return payment;
}

async function asked(amount: bigint): Promise<PaymentState> {
  const payment = await expired();
  const judgement = requestReauthorization(payment, { actor: 'a', amount }, () => aContract());
  if (judgement.kind === 'refused') throw new Error(judgement.detail);
  return on.commit(payment, judgement.change);
}

async function heldAgain(): Promise<PaymentState> {
  const payment = await asked(4_000n);
  const decision = { kind: 'try' as const, provider: 'alder', token: 'tok_visa', excluded: [] };
  const identity = { attemptId: `att_again_${payment.id}`, returnToken: payment.id };
  const sent = await on.commit(payment, submitAttempt(payment, decision, aContract(), identity));
  const attempt = sent.attempts.at(-1);
  if (attempt === undefined) throw new Error('not sent');
  const r = { payment: sent, attempt, contract: aContract(), newOperationId: 'op_new' };
  const change = recordAttempt(r, approved({ amountMinor: 4_000n }));
  if (change === null) throw new Error('nothing new');
  return on.commit(sent, change);
}

const again = `status = 'processing', reauthorize_amount = 1, reauthorizations = reauthorizations + 1`;
const write = (payment: PaymentState, changes: string): Promise<string> =>
  verdictOf(
    sqlAs(
      on,
      'tender_api',
      payment.merchantId,
      sql.raw(`update payments set ${changes} where id = '${payment.id}'`),
    ),
  );

describe('an expired payment', () => {
  test.each([
    [again, 'accepted'],
    [`status = 'processing'`, 'reauthorization'],
    [`reauthorize_amount = 1, reauthorizations = 1`, 'reauthorization'],
    [`${again}, capture_closed = false`, 'TD002'],
    [
      again.replace('reauthorize_amount = 1', 'reauthorize_amount = 10001'),
      'payments_reauthorize_within_amount',
    ],
    [again.replace('amount = 1', 'amount = 0'), 'payments_reauthorize_within_amount'],
    [again.replace('+ 1', '+ 2'), 'reauthorization'],
  ])('%s: %s', async (changes, verdict) => {
    expect(await write(await expired(), changes)).toBe(verdict);
  });

  test.each([
    ['an attempt that is late', `update attempts set status = 'late' where payment_id = $1`],
    ['an attempt to be looked at', `update attempts set due_at = now() where payment_id = $1`],
    ['an operation told otherwise', `update operations set due_at = now() where payment_id = $1`],
  ])('with %s is not authorized again', async (_, doubt) => {
    const payment = await expired();
    await on.rows.all(doubt, [payment.id]);
    expect(await write(payment, again)).toBe('reauthorization');
  });

  test('one that is captured at once is not', async () => {
    const payment = await on.tried({ captureMethod: 'automatic' });
    await on.rows.all(
      `update payments set status = 'expired', capture_closed = true where id = $1`,
      [payment.id],
    );
    expect(await write(payment, again)).toBe('reauthorization');
  });
});

test('held again for what was asked, not for what was agreed; a capture beyond it is refused', async () => {
  const payment = await heldAgain();
  expect(payment).toMatchObject({
    ...{ amount: 10_000n, amountAuthorized: 4_000n, captureClosed: false, reauthorizeAmount: null },
    attempts: [{ amount: 10_000n }, { amount: 4_000n, reauthorization: 1 }],
  });
  const over = on.operate(payment, { amount: 4_001n }, approved({ amountMinor: 4_001n }));
  expect(await verdictOf(over)).toBe('payments_captured_within_authorized');
});

test('closed again, it stays closed: only an answer opens it', async () => {
  const payment = await heldAgain();
  expect(await write(payment, 'capture_closed = true')).toBe('accepted');
  expect(await write(payment, 'capture_closed = false')).toBe('TD002');
});

test('what is said late of the old void leaves the new hold open', async () => {
  const payment = await heldAgain();
  const [expiring] = payment.operations;
  const move = (status: string): Promise<readonly object[]> =>
    on.rows.all('update operations set status = $2 where id = $1', [expiring?.id, status]);
  await move('failed');
  await move('succeeded');
  const after = await on.state(payment.id);
  expect(after).toMatchObject({
    captureClosed: false,
    voidOpen: false,
    status: 'requires_capture',
  });
});
