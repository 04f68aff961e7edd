import type { ReviewRow } from '../../db/reviews.ts';
import { presentInstant } from '../instant.ts';
import type { ReviewView } from './schema.ts';

export function presentReview(row: ReviewRow): ReviewView {
  return {
    object: 'review',
    id: row.id,
    merchant_id: row.merchant_id,
    payment_id: row.payment_id,
    attempt_number: row.attempt_number,
    amount: row.amount,
    currency: row.currency,
    score: row.score,
    reasons: row.reasons.map((reason) => ({ ...reason })),
    status: row.status,
    opened_at: presentInstant(row.opened_at),
    due_at: presentInstant(row.due_at),
    on_deadline: row.on_deadline,
    decided_by: row.decided_by,
    decided_at: row.decided_at === null ? null : presentInstant(row.decided_at),
    decision_reason: row.decision_reason,
  };
}
