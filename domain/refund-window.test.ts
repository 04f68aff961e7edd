import { describe, expect, test } from '@jest/globals';
import { aCapturedPayment, aContract, anOperation, now } from '../test/support/payments.ts';
import type { PaymentState } from './payment-state.ts';
import { judgeRefundWindow } from './refund-window.ts';
import { planOperation } from './submit-operation.ts';

const windowMs = 1_000;
const contractOf = () => aContract({ refundWindowMs: windowMs });

/** Captured in two parts, the last of them `age` ms ago; and a refund that waits to be sent. */
function captured(age: number, sentCount = 0): PaymentState {
  const capture = { status: 'succeeded' as const, final: false, amount: 4_000n, dueAt: null };
  const first = anOperation({ ...capture, id: 'op_a', createdAt: now - age - 500 });
  const last = anOperation({ ...capture, id: 'op_b', number: 2, createdAt: now - age });
  const kind = 'refund' as const;
  const refund = anOperation({ id: 'ref_1', number: 3, kind, status: 'requested', sentCount });
  const payment = aCapturedPayment([]);
  return { ...payment, operations: [first, last, { ...refund, amount: 1_000n }] };
}

describe('the window of the latest capture', () => {
  test.each([
    [windowMs - 1, null],
    [windowMs, 'refund_window_passed'],
    [windowMs + 1, 'refund_window_passed'],
  ])('%i ms later: %s', (age, code) => {
    const judgement = judgeRefundWindow(captured(age), contractOf);
    expect(judgement?.kind === 'refused' ? judgement.code : null).toBe(code);
  });

  test('never passes where the contract has none, nor before anything is captured', () => {
    expect(judgeRefundWindow(captured(1e12), () => aContract())).toBeNull();
    expect(judgeRefundWindow({ ...captured(1e12), operations: [] }, contractOf)).toBeNull();
  });
});

describe('a refund that waited past it', () => {
  test('is refused unsent and reserves nothing', () => {
    const payment = captured(windowMs);
    const [, , refund] = payment.operations;
    if (refund === undefined) throw new Error('no refund');
    const plan = planOperation(payment, refund, contractOf, 'ref_x');
    expect(plan.kind).toBe('close');
    expect(plan.change.entries).toBeUndefined();
    expect(plan.change.operations?.update).toMatchObject([
      { fromStatus: 'requested', status: 'failed', failure: { code: 'refund_window_passed' } },
    ]);
    expect(plan.change.answers).toEqual([
      { awaitsId: 'ref_1', status: 402, code: 'refund_declined' },
    ]);
  });

  test('but was sent before is the provider’s to refuse', () => {
    const payment = captured(windowMs, 1);
    const [, , refund] = payment.operations;
    if (refund === undefined) throw new Error('no refund');
    expect(planOperation(payment, refund, contractOf, 'ref_x').kind).toBe('call');
  });
});
