/** Events in Stripe's shape and under its signature. */
import { createHmac } from 'node:crypto';
import type { Context } from '../context.ts';
import type { Json } from '../http/reply.ts';
import type { EventSubject } from '../processor/result.ts';
import type { AuthorizationRow } from '../store/authorizations.ts';
import { presentIntent, presentRefund, snapshotOf } from './present.ts';

function typeOf({ operation, succeeded }: EventSubject, status: unknown): string {
  if (operation === 'refund') return succeeded ? 'refund.updated' : 'refund.failed';
  if (status === 'canceled') return 'payment_intent.canceled';
  if (status === 'succeeded') return 'payment_intent.succeeded';
  if (status === 'requires_capture') return 'payment_intent.amount_capturable_updated';
  if (status === 'requires_action') return 'payment_intent.requires_action';
  return 'payment_intent.payment_failed';
}

function intentOf(context: Context, row: AuthorizationRow | undefined): Json {
  return row === undefined ? {} : presentIntent(context, row, snapshotOf(context, row), false);
}

export function stripeEvent(
  context: Context,
  eventId: string,
  subject: EventSubject,
  now: number,
): Json {
  const { store } = context;
  const operation = store.operations.find(subject.providerReference);
  const authorizationId = operation?.authorization_id ?? subject.providerReference;
  const object =
    operation?.kind === 'refund'
      ? presentRefund(operation)
      : intentOf(context, store.authorizations.find(authorizationId));
  return {
    id: eventId,
    object: 'event',
    api_version: '2026-10-28.endive',
    created: Math.floor(now / 1_000),
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: null,
    type: typeOf(subject, object['status']),
  };
}

export function stripeSignature(secret: string, sentAt: Date, body: string): string {
  const time = String(Math.floor(sentAt.getTime() / 1_000));
  const signed = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
  return `t=${time},v1=${signed}`;
}
