/**
 * When another provider may be asked in the same breath. Only where it is certain that the last one took
 * nothing: a request that never left, a confirmed void (`record-no.ts`), or one of a few definite declines.
 * Never from unknown, and never after an absence, which is a conclusion and no answer.
 */
import { openVoid } from './payment-state.ts';
import type { Decline } from './provider.ts';
import type { Recording } from './recording.ts';
import { failoverDeclinesDefault } from './routing-rules.ts';
import { attemptsMax, sendWithinMs } from './timing.ts';

/** A soft decline: the shopper need not hear of it yet. */
export function mayFailOver(r: Recording, decline: Decline): boolean {
  const { payment, attempt, failoverDeclines = failoverDeclinesDefault } = r;
  if (!failoverDeclines.includes(decline.code)) return false;
  if (!['submitting', 'pending', 'unknown'].includes(attempt.status)) return false;
  // Whoever has passed a page of the issuer did so for this provider; a second one asks for too much.
  if (attempt.expiresAt !== null) return false;
  // Of two sends one was declined; what became of the other is for a lookup to say, not for us.
  if (attempt.sentCount > 1) return false;
  // A no of a bank comes when nobody is waiting any more.
  if (!['card', 'wallet'].includes(payment.paymentMethod.type)) return false;
  if (openVoid(payment) !== undefined || payment.attempts.length >= attemptsMax) return false;
  return payment.submitBy !== null && payment.submitBy > payment.now + sendWithinMs;
}
