import { describe, expect, test } from '@jest/globals';
import {
  aCapturedPayment,
  aContract,
  anAttempt,
  anAuthorizedPayment,
  anOperation,
  aPayment,
  now,
} from '../test/support/payments.ts';
import {
  requestAttempt,
  requestCancel,
  requestCapture,
  requestRefund,
  type Judgement,
} from './commands.ts';
import type { NewOperation } from './change.ts';
import type { PaymentState } from './payment-state.ts';
import { paymentStatuses, type AttemptStatus } from './payment.ts';
import type { ProviderContract } from './provider.ts';

const asking = { operationId: 'op_new', actor: 'api_key:key_1' };
const capture = (
  payment: PaymentState,
  ask: { amount?: bigint; final?: boolean } = {},
  contract: Partial<ProviderContract> = {},
): Judgement => requestCapture(payment, { ...asking, ...ask }, () => aContract(contract));
const refund = (payment: PaymentState, amount?: bigint): Judgement =>
  requestRefund(payment, {
    ...asking,
    reason: 'returned',
    ...(amount !== undefined && { amount }),
  });
const cancel = (payment: PaymentState): Judgement => requestCancel(payment, asking);

/** The code of a refusal, or what was accepted. */
function verdict(judgement: Judgement): string {
  if (judgement.kind === 'refused') return judgement.code;
  const { kind, amount, final } = inserted(judgement);
  return `${kind} ${String(amount)}${final ? ' final' : ''}`;
}

function inserted(judgement: Judgement): NewOperation {
  const operation =
    judgement.kind === 'accepted' ? judgement.change.operations?.insert?.[0] : undefined;
  if (operation === undefined) throw new Error('no operation was accepted');
  return operation;
}

const part = (
  status: 'requested' | 'submitting' | 'pending' | 'unknown' | 'succeeded' | 'failed',
  amount = 4_000n,
): ReturnType<typeof anOperation> => anOperation({ status, amount, final: false });
const openStatuses = ['requested', 'submitting', 'pending', 'unknown'] as const;
const voiding = anOperation({ kind: 'void', cause: 'cancel', status: 'requested', number: 9 });

function inDoubt(status: AttemptStatus): PaymentState {
  return aPayment({ attempts: [anAttempt({ status, providerReference: 'alder_1' })] });
}

describe('a capture', () => {
  test.each([
    { ask: {}, verdict: 'capture 10000 final' },
    { ask: { amount: 10_000n }, verdict: 'capture 10000 final' },
    { ask: { amount: 10_000n, final: false }, verdict: 'capture 10000 final' },
    { ask: { amount: 9_999n }, verdict: 'capture 9999' },
    { ask: { amount: 1n }, verdict: 'capture 1' },
    { ask: { amount: 9_999n, final: true }, verdict: 'capture 9999 final' },
    { ask: { amount: 10_001n }, verdict: 'capture_exceeds_authorization' },
    { ask: { amount: 0n }, verdict: 'capture_exceeds_authorization' },
    { ask: { amount: -1n }, verdict: 'capture_exceeds_authorization' },
  ])('of $ask.amount (final: $ask.final): $verdict', ({ ask, verdict: expected }) => {
    expect(verdict(capture(anAuthorizedPayment(), ask))).toBe(expected);
  });

  test.each(openStatuses)('counts a capture that is %s as taken', (status) => {
    const payment = anAuthorizedPayment([part(status)]);
    expect(verdict(capture(payment, { amount: 6_001n }))).toBe('capture_exceeds_authorization');
    expect(verdict(capture(payment, { amount: 6_000n }))).toBe('capture 6000 final');
    expect(verdict(capture(payment))).toBe('capture 6000 final');
  });

  test('counts a failed capture as never taken', () => {
    expect(verdict(capture(anAuthorizedPayment([part('failed')])))).toBe('capture 10000 final');
  });

  test.each([
    { what: 'a provider of full captures', partialCapture: false, multipleCaptures: false },
    { what: 'a provider of one capture', partialCapture: true, multipleCaptures: false },
  ])('in part at $what', ({ partialCapture, multipleCaptures }) => {
    const contract = { partialCapture, multipleCaptures };
    expect(verdict(capture(anAuthorizedPayment(), { amount: 9_999n }, contract))).toBe(
      partialCapture ? 'capture 9999 final' : 'partial_capture_not_supported',
    );
    expect(verdict(capture(anAuthorizedPayment(), {}, contract))).toBe('capture 10000 final');
  });

  test('is refused while the payment is being canceled', () => {
    expect(verdict(capture(anAuthorizedPayment([voiding])))).toBe('cancel_pending');
  });

  test.each(['submitting', 'pending', 'unknown'] as const)(
    'is refused while the authorization is %s',
    (status) => {
      expect(verdict(capture(inDoubt(status)))).toBe('payment_in_doubt');
    },
  );

  test.each(paymentStatuses.filter((s) => s !== 'requires_capture' && s !== 'partially_captured'))(
    'is refused for a payment that is %s',
    (status) => {
      expect(verdict(capture(anAuthorizedPayment([], { status })))).toBe('payment_not_capturable');
    },
  );

  test('is refused after a final one, although not all was taken', () => {
    const final = anOperation({ status: 'succeeded', amount: 4_000n, final: true });
    const open = anAuthorizedPayment([final], { status: 'partially_captured' });
    expect(verdict(capture(open, { amount: 1n }))).toBe('payment_not_capturable');
  });
});

describe('a refund', () => {
  test.each([
    { amount: undefined, verdict: 'refund 10000 final' },
    { amount: 10_000n, verdict: 'refund 10000 final' },
    { amount: 9_999n, verdict: 'refund 9999' },
    { amount: 1n, verdict: 'refund 1' },
    { amount: 10_001n, verdict: 'refund_exceeds_captured' },
    { amount: 0n, verdict: 'refund_exceeds_captured' },
    { amount: -1n, verdict: 'refund_exceeds_captured' },
  ])('of $amount: $verdict', ({ amount, verdict: expected }) => {
    expect(verdict(refund(aCapturedPayment(), amount))).toBe(expected);
  });

  test.each([...openStatuses, 'succeeded'] as const)('counts a refund that is %s', (status) => {
    const before = anOperation({ kind: 'refund', number: 2, status, amount: 4_000n });
    const payment = aCapturedPayment([before]);
    expect(verdict(refund(payment, 6_001n))).toBe('refund_exceeds_captured');
    expect(verdict(refund(payment))).toBe('refund 6000 final');
  });

  test('does not count one that failed', () => {
    const before = anOperation({ kind: 'refund', number: 2, status: 'failed' });
    expect(verdict(refund(aCapturedPayment([before])))).toBe('refund 10000 final');
  });

  test('counts what is disputed', () => {
    const payment = aCapturedPayment([], { amountDisputed: 2_500n });
    expect(verdict(refund(payment, 7_501n))).toBe('refund_exceeds_captured');
    expect(verdict(refund(payment, 7_500n))).toBe('refund 7500 final');
  });

  // 6 000 and 4 000 captured, all of it being refunded when the 4 000 were taken back; then the refund failed.
  test('does not reach into the excess that a capture taken back has left', () => {
    const lost = anOperation({ id: 'op_2', status: 'failed', failureCode: 'late_failure' });
    const operations = [{ ...lost, kind: 'capture' as const, amount: 4_000n }];
    const amounts = { amountCaptured: 6_000n, amountExcess: 4_000n, operations };
    const payment = { ...aCapturedPayment([]), ...amounts };
    expect(verdict(refund(payment, 6_001n))).toBe('refund_exceeds_captured');
    expect(verdict(refund(payment))).toBe('refund 6000 final');
  });

  test('reaches into what the provider took in excess', () => {
    const payment = aCapturedPayment([], { amountExcess: 500n });
    expect(verdict(refund(payment, 10_500n))).toBe('refund 10500 final');
    expect(verdict(refund(payment, 10_501n))).toBe('refund_exceeds_captured');
  });

  // Canceled, found captured all the same, and what gave it back by itself was refused.
  test('reaches into what stands in excess also where that is all there is, at its attempt', () => {
    const excess = anOperation({ status: 'succeeded', excess: true, amount: 500n, dueAt: null });
    const amounts = { status: 'canceled' as const, amountExcess: 500n, operations: [excess] };
    const judged = refund(aPayment(amounts));
    expect(verdict(judged)).toBe('refund 500 final');
    expect(judged).toMatchObject({
      change: { operations: { insert: [{ attemptId: excess.attemptId }] } },
    });
  });

  test.each(openStatuses)('may not use a capture that is %s', (status) => {
    const certain = anOperation({ id: 'op_0', status: 'succeeded', amount: 1_000n, final: false });
    const payment = anAuthorizedPayment([certain, part(status)]);
    expect(verdict(refund(payment, 1_000n))).toBe('refund 1000 final');
    expect(verdict(refund(payment, 1_001n))).toBe('payment_in_doubt');
    expect(verdict(refund(payment, 5_000n))).toBe('payment_in_doubt');
    expect(verdict(refund(payment, 5_001n))).toBe('refund_exceeds_captured');
  });

  test.each(['submitting', 'pending', 'unknown'] as const)(
    'is in doubt while the payment is %s',
    (status) => {
      expect(verdict(refund(inDoubt(status)))).toBe('payment_in_doubt');
    },
  );

  test('is refused where nothing was captured', () => {
    expect(verdict(refund(anAuthorizedPayment()))).toBe('payment_not_refundable');
    expect(verdict(refund(aPayment({ status: 'canceled' })))).toBe('payment_not_refundable');
  });

  test('goes to the attempt that holds the money', () => {
    const declinedBefore = anAttempt({ id: 'att_0', number: 1, status: 'declined' });
    const payment = aCapturedPayment();
    const attempts = [declinedBefore, ...payment.attempts];
    expect(inserted(refund({ ...payment, attempts })).attemptId).toBe('att_1');
  });

  test('is announced, with its reason on the timeline', () => {
    const judgement = refund(aCapturedPayment(), 1n);
    expect(judgement.kind === 'accepted' && judgement.change.events).toEqual([
      { type: 'refund.created', operationId: 'op_new' },
    ]);
    expect(judgement.kind === 'accepted' && judgement.change.timeline).toMatchObject([
      { actor: 'api_key:key_1', kind: 'refund.requested', evidence: { reason: 'returned' } },
    ]);
  });
});

describe('a cancel', () => {
  const cancelable = [
    'processing',
    'requires_action',
    'requires_payment_method',
    'requires_capture',
    'partially_captured',
  ];
  test.each(paymentStatuses)('of a payment that is %s', (status) => {
    const expected = cancelable.includes(status) ? 'void 10000 final' : 'payment_not_cancelable';
    expect(verdict(cancel(anAuthorizedPayment([], { status })))).toBe(expected);
  });

  test('reserves all that is not captured', () => {
    expect(verdict(cancel(anAuthorizedPayment([part('succeeded')])))).toBe('void 6000 final');
  });

  test.each(['submitting', 'pending', 'unknown'] as const)(
    'is accepted while it is not known what there is to cancel (%s)',
    (status) => {
      expect(verdict(cancel(inDoubt(status)))).toBe('void 10000 final');
    },
  );

  test('is refused while another is under way', () => {
    expect(verdict(cancel(anAuthorizedPayment([voiding])))).toBe('cancel_pending');
  });

  test('is refused after a final capture', () => {
    const final = anOperation({ status: 'succeeded', amount: 4_000n, final: true });
    const open = anAuthorizedPayment([final, part('unknown', 1_000n)]);
    expect(verdict(cancel(open))).toBe('payment_not_cancelable');
  });
});

describe('another attempt', () => {
  const method = { type: 'card', token: 'tok_other' } as const;
  const ask = (payment: PaymentState): Judgement =>
    requestAttempt(payment, { actor: 'api_key:key_1', method });
  const declined = (values: Partial<PaymentState> = {}): PaymentState =>
    aPayment({
      status: 'requires_payment_method',
      attempts: [anAttempt({ status: 'declined' })],
      submitBy: now - 1,
      ...values,
    });
  const tries = (count: number): PaymentState['attempts'] =>
    Array.from({ length: count }, (_, i) => anAttempt({ number: i + 1, status: 'declined' }));

  test('brings a method and new time to submit it', () => {
    const judgement = ask(declined());
    expect(judgement.kind === 'accepted' && judgement.change.payment).toMatchObject({
      status: 'processing',
      paymentMethod: method,
      submitBy: now + 300_000,
    });
  });

  test.each(paymentStatuses.filter((s) => s !== 'requires_payment_method'))(
    'is refused for a payment that is %s',
    (status) => {
      expect(ask(declined({ status }))).toMatchObject({ code: 'payment_not_retryable' });
    },
  );

  test.each([
    { what: 'at the last moment', values: { expiresAt: now + 1 }, kind: 'accepted' },
    { what: 'when time is over', values: { expiresAt: now }, kind: 'refused' },
    { what: 'after nine', values: { attempts: tries(9) }, kind: 'accepted' },
    { what: 'after ten', values: { attempts: tries(10) }, kind: 'refused' },
    { what: 'while being canceled', values: { voidOpen: true }, kind: 'refused' },
  ])('$what is $kind', ({ values, kind }) => {
    expect(ask(declined(values)).kind).toBe(kind);
  });
});
