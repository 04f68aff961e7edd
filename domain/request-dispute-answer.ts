/** What a merchant may answer to a dispute, judged on its state under the payment's row lock. */
import { refuse, type Judgement } from './commands.ts';
import { isDecided, openAnswer, type DisputeState } from './dispute-state.ts';
import type { PaymentState } from './payment-state.ts';
import type { ProviderContract } from './provider.ts';
import type { DisputeEvidence } from './provider-disputes.ts';

export interface AskedAnswer {
  readonly answerId: string;
  readonly disputeId: string;
  readonly kind: 'accept' | 'evidence';
  readonly evidence: DisputeEvidence;
  /** `api_key:<id>` or `staff:<subject>`. */
  readonly actor: string;
}

export function requestDisputeAnswer(
  payment: PaymentState,
  { answerId, disputeId, kind, evidence, actor }: AskedAnswer,
  contractOf: (provider: string) => ProviderContract,
): Judgement {
  const dispute = payment.disputes.find(({ id }) => id === disputeId);
  if (dispute === undefined) throw new Error(`payment ${payment.id} has no dispute ${disputeId}`);
  const refused = judge(payment, dispute, kind, contractOf);
  if (refused !== null) return refused;
  const basis = { kind: 'request', detail: actor } as const;
  return {
    kind: 'accepted',
    change: {
      disputes: {
        answers: {
          insert: [
            {
              ...{ id: answerId, disputeId, kind, status: 'requested', evidence, basis },
              ...{ dueAt: payment.now, requestedBy: actor },
            },
          ],
        },
      },
      timeline: [
        {
          actor,
          kind: `dispute.${kind}_requested`,
          evidence: { kind: 'request', dispute_id: disputeId, answer_id: answerId },
        },
      ],
    },
  };
}

function judge(
  payment: PaymentState,
  dispute: DisputeState,
  kind: AskedAnswer['kind'],
  contractOf: (provider: string) => ProviderContract,
): Judgement | null {
  const { status, provider, dueBy } = dispute;
  if (isDecided(dispute)) return refuse('dispute_closed', `The dispute is ${status}.`);
  if (openAnswer(dispute) !== undefined) {
    return refuse('dispute_answer_pending', 'An answer is on its way to the provider.');
  }
  if (status === 'accepted') return refuse('dispute_answered', 'It was accepted, which is final.');
  if (status === 'under_review' && kind === 'evidence') {
    return refuse('dispute_answered', 'Evidence was submitted, which is done once.');
  }
  if (Date.parse(dueBy) <= payment.now) {
    return refuse('dispute_due_passed', `It could be answered until ${dueBy}.`);
  }
  return contractOf(provider).disputeAnswers
    ? null
    : refuse('dispute_not_answerable', `Answer at ${provider}: it takes none from here.`);
}
