import type { DisputeRow } from '../../db/dispute-rows.ts';
import type { DisputeAnswerStatus } from '../../domain/dispute-state.ts';
import { presentInstant } from '../instant.ts';
import type { DisputeView } from './schema.ts';

export function presentDispute(row: DisputeRow): DisputeView {
  const { id, payment_id, attempt_id, provider, provider_reference, status } = row;
  const { amount, amount_excess, fee, currency, reason, closed_at } = row;
  return {
    ...{ id, object: 'dispute', payment_id, attempt_id, provider, provider_reference, status },
    round: row.round ?? 1,
    ...{ amount, amount_excess, fee, currency, reason },
    due_by: presentInstant(row.due_by),
    opened_at: presentInstant(row.opened_at),
    closed_at: closed_at === null ? null : presentInstant(closed_at),
    answers: (row.answers ?? []).map((answer) => ({
      ...{ id: answer.id, kind: answer.kind, status: statusOf(answer.status) },
      failure_code: answer.failure_code,
      created_at: presentInstant(answer.created_at),
    })),
  };
}

/** Whether it is being sent right now is nobody's business. */
function statusOf(status: DisputeAnswerStatus): 'pending' | 'unknown' | 'succeeded' | 'failed' {
  return status === 'requested' || status === 'submitting' ? 'pending' : status;
}
