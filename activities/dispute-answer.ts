import { answerById, answerRequest, permitAnswer, recordAnswer } from '../domain/dispute-answer.ts';
import { resolveAnswer, type AnswerResolution } from '../domain/resolve-dispute-answer.ts';
import type { PaymentState } from '../domain/payment-state.ts';
import type { DisputeAnswerOutcome, DisputeDesk } from '../domain/provider-disputes.ts';
import { commit, commitOutcome, load } from './commit.ts';
import { providerOf, type ActivityDeps } from './deps.ts';
import { startElapsed } from './elapsed.ts';

/** One step of an answer to a dispute: sent, if the permit is had, or looked up. */
export async function answerDispute(
  deps: ActivityDeps,
  paymentId: string,
  answerId: string,
): Promise<PaymentState> {
  const payment = await load(deps, paymentId);
  const { dispute, answer } = answerById(payment, answerId);
  const { disputes: desk, contract } = providerOf(deps, dispute.provider);
  if (desk === undefined) throw new Error(`${dispute.provider} takes no answers to disputes`);
  if (answer.status === 'requested') {
    return sendOnce(deps, payment, answerId, desk, (p) =>
      permitAnswer(answerById(p, answerId), contract),
    );
  }
  if (answer.dueAt === null) return payment;
  const look = await desk.look(dispute.providerReference);
  const resolve = (p: PaymentState): AnswerResolution | null => {
    const on = answerById(p, answerId);
    // Moved on since it was looked for: this look is of the time before.
    const isSame = on.answer.status === answer.status && on.answer.sentCount === answer.sentCount;
    return isSame ? resolveAnswer(on, contract, look) : null;
  };
  if (resolve(payment)?.kind === 'resend') {
    return sendOnce(deps, payment, answerId, desk, (p) => {
      const again = resolve(p);
      return again === null ? null : { change: again.change, isPermit: again.kind === 'resend' };
    });
  }
  const decided = await commitOutcome(deps, payment, (p) => resolve(p)?.change ?? null);
  return decided.payment;
}

type Permit = Pick<AnswerResolution, 'change'> & { readonly isPermit: boolean };

/** Only who has committed the permit sends, once, and not later than it allows. */
async function sendOnce(
  deps: ActivityDeps,
  payment: PaymentState,
  answerId: string,
  desk: DisputeDesk,
  decide: (payment: PaymentState) => Permit | null,
): Promise<PaymentState> {
  const elapsedMs = startElapsed();
  const last: { permit: Permit | null } = { permit: null };
  const decided = await commit(deps, payment, (p) => {
    last.permit = decide(p);
    return last.permit?.change ?? null;
  });
  if (!decided.committed || last.permit?.isPermit !== true) return decided.payment;
  const on = answerById(decided.payment, answerId);
  const { sendBy, sentCount, kind } = on.answer;
  // Measured here and not against the wall clock: this process may have been paused for hours.
  if (elapsedMs() > (sendBy ?? 0) - decided.payment.now) return decided.payment;
  const request = answerRequest(on);
  const outcome: DisputeAnswerOutcome = await (kind === 'accept'
    ? desk.accept(request)
    : desk.submitEvidence(request));
  const recorded = await commitOutcome(deps, decided.payment, (p) =>
    recordAnswer(answerById(p, answerId), outcome, sentCount),
  );
  return recorded.payment;
}
