/** The sandbox's books in Stripe's shapes: the fields its API documents, as far as there is something to say. */
import type Stripe from 'stripe';
import type { Context } from '../context.ts';
import type { Json } from '../http/reply.ts';
import { shownState } from '../processor/present.ts';
import type { AuthorizationRow } from '../store/authorizations.ts';
import type { OperationRow } from '../store/operations.ts';
import { showAmount } from './form.ts';

export type IntentStatus = Stripe.PaymentIntent.Status;

/** An intent at one moment. */
export interface Snapshot {
  readonly status: IntentStatus;
  readonly declineCode: string | null;
  readonly captured: number;
  readonly captureReference: string | null;
}

/** Stripe's words for why a card was declined. */
export function cardErrorOf(declineCode: string): { code: string; decline_code?: string } {
  if (declineCode === 'authentication_failed') {
    return { code: 'payment_intent_authentication_failure' };
  }
  const known = declineCode === 'insufficient_funds' || declineCode === 'do_not_honor';
  return { code: 'card_declined', decline_code: known ? declineCode : 'generic_decline' };
}

function statusOf(row: AuthorizationRow, now: number): IntentStatus {
  const { status, declineCode } = shownState(row, now);
  switch (status) {
    case 'requires_action':
      return 'requires_action';
    case 'declined':
      return 'requires_payment_method';
    case 'voided':
      return 'canceled';
    case 'expired':
      // An abandoned page is not closed by Stripe.
      return declineCode === 'challenge_expired' ? 'requires_action' : 'canceled';
    case 'authorized':
    case 'captured':
      return row.captured > 0 ? 'succeeded' : 'requires_capture';
  }
}

export function snapshotOf(context: Context, row: AuthorizationRow): Snapshot {
  const capture = context.store.operations
    .listByAuthorization(row.id)
    .find(({ kind, status }) => kind === 'capture' && status === 'succeeded');
  return {
    status: statusOf(row, context.clock.now()),
    declineCode: row.decline_code,
    captured: row.captured,
    captureReference: capture?.reference ?? null,
  };
}

function chargeOf(row: AuthorizationRow, { status, captured }: Snapshot): Json | null {
  if (status !== 'requires_capture' && status !== 'succeeded') return null;
  return {
    id: row.id.replace(/^pi_/, 'ch_'),
    object: 'charge',
    amount: showAmount(row.amount, row.currency),
    amount_captured: showAmount(captured, row.currency),
    currency: row.currency.toLowerCase(),
    captured: captured > 0,
    metadata: { tender_reference: row.reference },
    payment_intent: row.id,
    status: 'succeeded',
    payment_method_details: { type: 'card', card: { brand: row.brand, last4: row.last4 } },
  };
}

/** As it is now; null: nothing was ever charged. */
export function presentCharge(context: Context, row: AuthorizationRow): Json | null {
  return chargeOf(row, snapshotOf(context, row));
}

function nextActionOf(context: Context, row: AuthorizationRow): Json {
  const url = `${context.publicUrl()}/challenges/${row.id}`;
  return { type: 'redirect_to_url', redirect_to_url: { url, return_url: row.return_url } };
}

function lastErrorOf({ status, declineCode }: Snapshot): Json | null {
  if (status !== 'requires_payment_method') return null;
  const error = cardErrorOf(declineCode ?? 'generic_decline');
  return { type: 'card_error', message: 'Your card was declined.', ...error };
}

/** `expanded`: latest_charge as an object, as `expand[]` asks for. */
export function presentIntent(
  context: Context,
  row: AuthorizationRow,
  snapshot: Snapshot,
  expanded: boolean,
): Json {
  const { status, captured, captureReference } = snapshot;
  const charge = chargeOf(row, snapshot);
  const isCanceled = status === 'canceled';
  return {
    id: row.id,
    object: 'payment_intent',
    amount: showAmount(row.amount, row.currency),
    amount_capturable: status === 'requires_capture' ? showAmount(row.amount, row.currency) : 0,
    amount_received: showAmount(captured, row.currency),
    canceled_at: isCanceled ? Math.floor(row.created_at / 1_000) : null,
    cancellation_reason: isCanceled
      ? row.status === 'voided' || snapshot.declineCode === 'already_voided'
        ? 'requested_by_customer'
        : 'automatic'
      : null,
    capture_method: row.sale === 1 ? 'automatic' : 'manual',
    confirmation_method: 'automatic',
    created: Math.floor(row.created_at / 1_000),
    currency: row.currency.toLowerCase(),
    last_payment_error: lastErrorOf(snapshot),
    latest_charge: expanded ? charge : (charge?.['id'] ?? null),
    livemode: false,
    metadata: {
      tender_reference: row.reference,
      ...(captureReference === null ? {} : { tender_capture: captureReference }),
    },
    next_action: status === 'requires_action' ? nextActionOf(context, row) : null,
    payment_method_types: ['card'],
    status,
  };
}

export function presentRefund(row: OperationRow): Json {
  return {
    id: row.id,
    object: 'refund',
    amount: showAmount(row.amount, row.currency),
    charge: row.authorization_id.replace(/^pi_/, 'ch_'),
    created: Math.floor(row.created_at / 1_000),
    currency: row.currency.toLowerCase(),
    metadata: { tender_reference: row.reference },
    payment_intent: row.authorization_id,
    reason: null,
    status: row.status === 'succeeded' ? 'succeeded' : 'failed',
  };
}
