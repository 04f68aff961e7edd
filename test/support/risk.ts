import { recordDecision, type RiskDecisionRow } from '../../db/risk-decisions.ts';
import { openReview, type ReviewAsked, type ReviewRow } from '../../db/reviews.ts';
import type { PaymentState } from '../../domain/payment-state.ts';
import { noLists } from '../../domain/risk/lists.ts';
import type { PaymentDatabase } from './payment-database.ts';

export function aDecision(
  payment: Pick<PaymentState, 'id' | 'merchantId'>,
  values: Partial<RiskDecisionRow> = {},
): Omit<RiskDecisionRow, 'at'> {
  return {
    ...{ payment_id: payment.id, attempt_number: 1, merchant_id: payment.merchantId },
    ...{ outcome: 'review', reasons: [{ kind: 'score' }], score: 0.7, score_action: 'review' },
    ...{ model_version: 'm1', global_rules_version: 1, merchant_rules_version: 1 },
    ...{ facts: { country: 'FR' }, lists: noLists, mode: 'scored', fail_reason: null },
    ...values,
  };
}

export async function decide(
  on: PaymentDatabase,
  payment: Pick<PaymentState, 'id' | 'merchantId'>,
  values: Partial<RiskDecisionRow> = {},
): Promise<RiskDecisionRow> {
  const decision = aDecision(payment, values);
  return on.worker.transaction().execute((trx) => recordDecision(trx, decision));
}

export async function park(
  on: PaymentDatabase,
  payment: Pick<PaymentState, 'id'>,
  values: Partial<ReviewAsked> = {},
): Promise<ReviewRow> {
  const asked: ReviewAsked = {
    ...{ paymentId: payment.id, attemptNumber: 1, score: 0.7, reasons: [{ kind: 'score' }] },
    ...{ withinMs: 3_600_000, onDeadline: 'decline', ...values },
  };
  return on.worker.transaction().execute((trx) => openReview(trx, asked));
}
