/** How long after the capture a provider takes refunds: asked for at the API, and once more before it is sent. */
import type { Judgement } from './commands.ts';
import type { AttemptState, PaymentState } from './payment-state.ts';
import type { ProviderContract } from './provider.ts';

/** Counted from the latest capture: of an earlier one the provider has the word. */
export function refundWindowPassed(
  payment: PaymentState,
  attempt: AttemptState,
  { refundWindowMs }: ProviderContract,
): boolean {
  if (refundWindowMs === null) return false;
  const captured = payment.operations.filter(
    (o) => o.kind === 'capture' && o.status === 'succeeded' && o.attemptId === attempt.id,
  );
  if (captured.length === 0) return false;
  return payment.now >= Math.max(...captured.map((o) => o.createdAt)) + refundWindowMs;
}

/** Null: there is nothing against it, as far as time goes. */
export function judgeRefundWindow(
  payment: PaymentState,
  contractOf: (provider: string) => ProviderContract,
): Judgement | null {
  const attempt = payment.attempts.find((a) => a.status === 'authorized');
  if (
    attempt === undefined ||
    !refundWindowPassed(payment, attempt, contractOf(attempt.provider))
  ) {
    return null;
  }
  const detail = `${attempt.provider} takes no refund any more, so long after the capture.`;
  return { kind: 'refused', code: 'refund_window_passed', detail };
}
