/** How an answer to a dispute of which nobody knows whether it arrived ends: by what the provider shows. */
import type { Change } from './change.ts';
import { failed, open, sending, succeeded, type Answering } from './dispute-answer.ts';
import type { ProviderContract } from './provider.ts';
import type { DisputeLook } from './provider-disputes.ts';
import { basisOf } from './recording.ts';

/** Under one key: beyond it a person is to see to it. */
const sendsMax = 5;

export type AnswerResolution =
  | { readonly kind: 'record'; readonly change: Change }
  /** The committed change is the permit to send once more, under the same key. */
  | { readonly kind: 'resend'; readonly change: Change };

export function resolveAnswer(
  on: Answering,
  contract: ProviderContract,
  look: DisputeLook,
): AnswerResolution {
  const { payment, dispute, answer } = on;
  const { evidence } = look;
  const record = (change: Change): AnswerResolution => ({ kind: 'record', change });
  if (look.kind === 'no_answer') return record(open(on, 'unknown', evidence, look.retryAfterMs));
  // What the provider shows is of the round it is in.
  const isOver = answer.round < dispute.round;
  const isGivenUp = !isOver && (look.status === 'accepted' || look.status === 'lost');
  if (look.answers.includes(answer.id) || (answer.kind === 'accept' && isGivenUp)) {
    return record(succeeded(on, evidence));
  }
  if (isOver || look.status === 'won' || isGivenUp) {
    return record(failed(on, 'dispute_closed', basisOf(evidence), 402));
  }
  const { sendBy, keyHorizon, sentCount } = answer;
  // It may still be under way: until then that it is not there says nothing.
  if (payment.now < (sendBy ?? 0) + contract.settlingMs + contract.deadlineMs) {
    return record(open(on, 'unknown', evidence));
  }
  const isInTime = payment.now < Date.parse(dispute.dueBy) && payment.now < (keyHorizon ?? 0);
  if (isInTime && sentCount < sendsMax && keyHorizon !== null) {
    // Counted from the first send: the provider forgets the key no later for its repeats.
    return {
      kind: 'resend',
      change: sending(on, keyHorizon, 'not there: sent again under its key'),
    };
  }
  const isFinal =
    contract.absenceFinalAfterMs !== null &&
    payment.now > (sendBy ?? 0) + contract.absenceFinalAfterMs;
  if (isFinal) return record(failed(on, 'not_arrived', basisOf(evidence), 402));
  return record(open(on, 'unknown', evidence));
}
