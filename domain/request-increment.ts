/** Raising an authorization while it stands: asked for by the merchant, judged under the row lock. */
import { accepted, attemptInDoubt, refuse, type Asking, type Judgement } from './commands.ts';
import { liveAttempt, openIncrement, type PaymentState } from './payment-state.ts';
import type { ProviderContract } from './provider.ts';
import { incrementsMax } from './timing.ts';

/** The API's integers are safe ones. */
const amountMax = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Only before anything of it is captured or on its way to be, and one at a time: what is authorized is then
 * one number, which rises when the provider has said yes and not before.
 */
export function requestIncrement(
  payment: PaymentState,
  ask: Asking & { readonly amount: bigint },
  contractOf: (provider: string) => ProviderContract,
): Judgement {
  if (payment.voidOpen) return refuse('cancel_pending', 'The payment is being canceled.');
  if (attemptInDoubt(payment)) {
    return refuse('payment_in_doubt', 'It is not yet known whether the payment is authorized.');
  }
  if (payment.review !== null) {
    return refuse('payment_in_review', 'What somebody looks at stays as it is.');
  }
  if (payment.reviewDeclined) {
    return refuse('payment_not_incrementable', 'Its review was declined: cancel it.');
  }
  const attempt = liveAttempt(payment);
  const stands = payment.status === 'requires_capture' && attempt?.status === 'authorized';
  if (!stands || payment.captureClosed || payment.captureReserved > 0n) {
    const detail = `A payment that is ${payment.status} cannot be raised, nor while it is captured.`;
    return refuse('payment_not_incrementable', detail);
  }
  if (!contractOf(attempt.provider).incrementalAuthorization) {
    return refuse('increment_not_supported', `${attempt.provider} raises no authorization.`);
  }
  if (openIncrement(payment) !== undefined) {
    return refuse('increment_pending', 'The authorization is being raised already.');
  }
  const asked = payment.operations.filter((o) => o.kind === 'increment');
  if (asked.length >= incrementsMax) {
    return refuse('payment_not_incrementable', `It was raised ${String(incrementsMax)} times.`);
  }
  const total =
    payment.amountAuthorized > payment.amount ? payment.amountAuthorized : payment.amount;
  if (ask.amount > amountMax - total) {
    return refuse('increment_too_large', 'A payment holds at most 2^53 - 1 minor units.');
  }
  return accepted(payment, ask, {
    attemptId: attempt.id,
    kind: 'increment',
    cause: 'request',
    amount: ask.amount,
    final: false,
  });
}
