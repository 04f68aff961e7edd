import { presentDispute } from '../disputes/presenter.ts';
import { presentInstant } from '../instant.ts';
import { findOperation, presentOperation } from '../payments/present-operation.ts';
import { presentPayment } from '../payments/presenter.ts';
import type { EventItem } from '../ports.ts';
import type { EventView } from './schema.ts';

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

/** `dispute.…` carries the dispute, `refund.…` and `capture.…` the operation, all others the payment, as of that moment. */
function presentObject({ type, object }: EventItem): EventView['data']['object'] {
  if (object.dispute !== undefined) return presentDispute(object.dispute);
  const ofOperation = type.startsWith('refund.') || type.startsWith('capture.');
  const row =
    ofOperation && object.operation_id !== null
      ? findOperation(object, object.operation_id)
      : undefined;
  return row === undefined ? presentPayment(object) : presentOperation(row);
}
