import { v7 as uuidv7 } from 'uuid';
import { adyenEvent } from '../adyen/event.ts';
import type { Context } from '../context.ts';
import type { WebhookFault } from '../faults.ts';
import { lookup } from '../processor/lookup.ts';
import type { EventSubject } from '../processor/result.ts';
import { stripeEvent } from '../stripe/event.ts';

const heldBackMs = 3_000;
const duplicateAfterMs = 1_000;
const lateMs = 30_000;

/** When the copies of an event leave, after its cause. Held back, it is overtaken by the next. */
function delays(fault: WebhookFault | null): readonly number[] {
  switch (fault) {
    case 'webhook_duplicate':
      return [0, duplicateAfterMs];
    case 'webhook_reordered':
      return [heldBackMs];
    case 'webhook_late':
      return [lateMs];
    case 'webhook_early':
    case null:
      return [0];
  }
}

function eventBody(context: Context, eventId: string, subject: EventSubject, now: number): object {
  if (subject.provider === 'stripe') return stripeEvent(context, eventId, subject, now);
  if (subject.provider === 'adyen') return adyenEvent(context, subject, now);
  const noun = subject.operation === 'authorize' ? 'authorization' : subject.operation;
  return {
    id: eventId,
    type: subject.type ?? `${noun}.${subject.succeeded ? 'succeeded' : 'failed'}`,
    provider: subject.provider,
    reference: subject.reference,
    provider_reference: subject.providerReference,
    created_at: new Date(now).toISOString(),
    data: lookup(context, subject.provider, subject.operation, subject.reference).body,
  };
}

export interface EnqueuedEvent {
  readonly sequence: number;
  /** Its cause must not be answered before the event has been delivered. */
  readonly isEarly: boolean;
}

/** Puts an event into the queue, inside the transaction of what it tells of. */
export function enqueueEvent(
  context: Context,
  subject: EventSubject,
  fault: WebhookFault | null = context.faults.drawWebhook(subject.provider, subject.operation),
): EnqueuedEvent {
  const { store, clock } = context;
  const now = clock.now();
  const eventId = `evt_${uuidv7()}`;
  const body = JSON.stringify(eventBody(context, eventId, subject, now));
  const [sequence = 0] = delays(fault).map((delay) =>
    store.webhooks.insert({
      event_id: eventId,
      provider: subject.provider,
      body,
      due_at: now + delay,
    }),
  );
  return { sequence, isEarly: fault === 'webhook_early' };
}
