import type { DisputeRow } from '../../db/disputes.ts';
import { presentInstant } from '../instant.ts';
import type { DisputeView } from './schema.ts';

export function presentDispute(row: DisputeRow): DisputeView {
  const { id, payment_id, attempt_id, provider, provider_reference, status } = row;
  const { amount, amount_excess, fee, currency, reason, closed_at } = row;
  return {
    ...{ id, object: 'dispute', payment_id, attempt_id, provider, provider_reference, status },
    ...{ amount, amount_excess, fee, currency, reason },
    due_by: presentInstant(row.due_by),
    opened_at: presentInstant(row.opened_at),
    closed_at: closed_at === null ? null : presentInstant(closed_at),
  };
}
