/**
 * Whether a refused capture was refused because its authorization had run out. Not every issuer says
 * so: past the end a no without a reason is taken for that, and the payment's expiry then asks the provider,
 * whose answer is the evidence. Close before the end a lookup is to say it.
 */
import type { AttemptState, OperationState, PaymentState } from './payment-state.ts';
import type { Decline } from './provider.ts';
import { expiryDoubtMs } from './timing.ts';

interface Refused {
  readonly payment: PaymentState;
  readonly operation: OperationState;
  readonly attempt: AttemptState;
}

/** Codes that give no reason: any other explains itself. */
const withoutReason: readonly string[] = ['do_not_honor', 'declined'];

/** What to call the provider's no to an operation. */
export function namedFailure({ payment, operation, attempt }: Refused, told: Decline): Decline {
  const { expiresAt } = attempt;
  const isOver = expiresAt !== null && expiresAt <= payment.now;
  const named = operation.kind === 'capture' && !operation.late && isOver;
  if (!named || !withoutReason.includes(told.code)) return told;
  return { ...told, code: 'authorization_expired', advice: 'do_not_retry' };
}

/** Then it is looked at now, and not when its end was written down. */
export function mayHaveExpired({ payment, attempt }: Refused): boolean {
  const { expiresAt, status } = attempt;
  return status === 'authorized' && expiresAt !== null && expiresAt <= payment.now + expiryDoubtMs;
}
