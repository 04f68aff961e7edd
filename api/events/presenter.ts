import type { CompletedFileRow } from '../../db/events.ts';
import { presentBreak } from '../breaks/presenter.ts';
import { presentDispute } from '../disputes/presenter.ts';
import { presentInstant } from '../instant.ts';
import { findOperation, presentOperation } from '../payments/present-operation.ts';
import { presentPayout } from '../payouts/presenter.ts';
import { presentPayment } from '../payments/presenter.ts';
import type { EventItem } from '../ports.ts';
import type { CompletedFileView, EventView } from './schema.ts';

export function presentEvent(item: EventItem): EventView {
  return {
    id: item.id,
    object: 'event',
    type: item.type,
    created_at: presentInstant(item.created_at),
    sequence: item.sequence,
    merchant_id: item.merchant_id,
    data: { object: presentObject(item) },
  };
}

/**
 * `dispute.…` carries the dispute, `payout.…` the payout, `refund.…` and `capture.…` the operation, `break.…` the break,
 * `reconciliation.…` what the file came to, all others the payment, as of that moment.
 */
function presentObject({ type, object }: EventItem): EventView['data']['object'] {
  if ('break' in object) return presentBreak(object.break);
  if ('reconciliation' in object) return presentCompleted(object.reconciliation);
  if ('payout' in object) return presentPayout(object.payout);
  if (object.dispute !== undefined) return presentDispute(object.dispute);
  const ofOperation = type.startsWith('refund.') || type.startsWith('capture.');
  const row =
    ofOperation && object.operation_id !== null
      ? findOperation(object, object.operation_id)
      : undefined;
  return row === undefined ? presentPayment(object) : presentOperation(row);
}

function presentCompleted(row: CompletedFileRow): CompletedFileView {
  const orNull = (at: string | null): string | null => (at === null ? null : presentInstant(at));
  return {
    object: 'completed_reconciliation',
    ...row,
    ...{ covers_from: orNull(row.covers_from), covers_to: orNull(row.covers_to) },
    ...{ received_at: presentInstant(row.received_at) },
    ...{ completed_at: presentInstant(row.completed_at) },
  };
}
