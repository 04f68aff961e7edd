import type { WebhookEventRow } from '../../db/webhook-events.ts';
import { containsCardNumber } from '../card-data.ts';
import { presentInstant } from '../instant.ts';
import type { WebhookEventView } from './schema.ts';

const lengthMax = 200;
/** As providers and we make ids and types; an address or a name has an `@` or a space in it. */
const isIdLike = /^[A-Za-z0-9_.:/+=-]+$/;

export function presentWebhookEvent(row: WebhookEventRow): WebhookEventView {
  const { kind, outcome, amount, currency } = row;
  return {
    id: row.id,
    object: 'webhook_event',
    provider: row.provider,
    event_id: shown(row.event_id),
    type: shown(row.type),
    reference: shown(row.reference),
    state: row.state,
    payment_id: row.payment_id,
    says: kind === null ? null : { kind, outcome, amount, currency },
    received_at: presentInstant(row.received_at),
    told_at: row.told_at === null ? null : presentInstant(row.told_at),
  };
}

/** Texts from outside: what matches nothing of ours may be another system's, and name its people. */
function shown(text: string): string | null {
  const isShown = text.length <= lengthMax && isIdLike.test(text) && !containsCardNumber(text);
  return isShown ? text : null;
}
