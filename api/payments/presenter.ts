/** A payment's snapshot as the API shows it: no tokens, no keys, no personal data. */
import { paymentMessage } from '../../domain/messages.ts';
import { capturable, liveAttempt } from '../../domain/payment-state.ts';
import { amountDue } from '../../domain/record-transfers.ts';
import { paymentState, type PaymentRow, type PaymentSnapshot } from '../../db/snapshot.ts';
import { presentInstant } from '../instant.ts';
import type { TimelineItem } from '../ports.ts';
import type { PaymentView, TimelineItemView } from './payment-schema.ts';
import {
  presentAttempt,
  presentDecline,
  presentEvidence,
  presentOperation,
} from './present-operation.ts';
import { minorUnits } from '../minor-units.ts';

export function presentPayment(snapshot: PaymentSnapshot): PaymentView {
  const row = snapshot.payment;
  const inDoubt = amountInDoubt(snapshot);
  return {
    id: row.id,
    object: 'payment',
    merchant_id: row.merchant_id,
    status: row.status,
    message: paymentMessage(row.status, {
      inDoubt: inDoubt > 0,
      decline: row.last_decline?.code,
      action: row.next_action?.type,
    }),
    amount: row.amount,
    currency: row.currency,
    amount_authorized: row.amount_authorized,
    amount_capturable: amountCapturable(snapshot),
    amount_captured: row.amount_captured,
    amount_refunded: row.amount_refunded,
    amount_disputed: row.amount_disputed,
    amount_in_doubt: inDoubt,
    amount_excess: row.amount_excess,
    capture_method: row.capture_method,
    payment_method: presentMethod(row),
    merchant_reference: row.merchant_reference,
    customer_id: row.customer_id,
    next_action: presentNextAction(snapshot),
    review: presentReview(snapshot),
    last_decline: row.last_decline === null ? null : presentDecline(row.last_decline),
    provider: snapshot.attempts.at(-1)?.provider ?? null,
    attempts: snapshot.attempts.map(presentAttempt),
    operations: snapshot.operations.map(presentOperation),
    status_basis: presentEvidence(row.status_basis),
    metadata: row.metadata,
    created_at: presentInstant(row.created_at),
    updated_at: presentInstant(row.updated_at),
    expires_at: presentExpiry(snapshot),
  };
}

function presentReview({ review }: PaymentSnapshot): PaymentView['review'] {
  if (review == null) return null;
  return { id: review.id, status: review.status, due_at: presentInstant(review.due_at) };
}

function amountCapturable(snapshot: PaymentSnapshot): number {
  const { status } = snapshot.payment;
  if (snapshot.review != null || snapshot.review_declined === true) return 0;
  if (status !== 'requires_capture' && status !== 'partially_captured') return 0;
  return Number(capturable(paymentState(snapshot)));
}

/** What may have moved without our knowing: tries and operations whose outcome is unknown. */
function amountInDoubt({ attempts, operations }: PaymentSnapshot): number {
  return [...attempts, ...operations]
    .filter(({ status }) => status === 'unknown')
    .reduce((sum, { amount }) => sum + amount, 0);
}

/** Brand and last four digits are known once a provider has told them. */
function presentMethod({ payment_method: method }: PaymentRow): PaymentView['payment_method'] {
  const { type, id, wallet, brand, last4 } = method;
  return {
    type,
    id: id ?? null,
    wallet: wallet ?? null,
    brand: brand ?? null,
    last4: last4 ?? null,
  };
}

/** Until when the shopper or the merchant may act; null when nobody has to. */
function presentExpiry({ payment, attempts }: PaymentSnapshot): string | null {
  const live = attempts.find((a) => a.status === 'authorized' || a.status === 'requires_action');
  switch (payment.status) {
    case 'requires_payment_method':
      return payment.expires_at === null ? null : presentInstant(payment.expires_at);
    case 'requires_action':
    case 'requires_capture':
    case 'partially_captured':
      return live?.expires_at == null ? null : presentInstant(live.expires_at);
    default:
      return null;
  }
}

function presentNextAction(snapshot: PaymentSnapshot): PaymentView['next_action'] {
  const { next_action: action } = snapshot.payment;
  if (action === null) return null;
  const expires_at = presentInstant(action.expiresAt);
  switch (action.type) {
    case 'redirect':
      return { type: action.type, url: action.url, expires_at };
    case 'mandate':
      return {
        type: action.type,
        url: action.url,
        mandate_reference: action.mandateReference,
        expires_at,
      };
    case 'bank_instructions':
      return {
        type: action.type,
        iban: action.iban,
        holder: action.holder,
        transfer_reference: action.transferReference,
        amount_due: presentDue(snapshot),
        expires_at,
      };
  }
}

function presentDue(snapshot: PaymentSnapshot): number {
  const payment = paymentState(snapshot);
  const live = liveAttempt(payment);
  return live === undefined ? 0 : minorUnits(amountDue(payment, live));
}

export function presentTimelineItem(item: TimelineItem): TimelineItemView {
  return {
    sequence: item.sequence,
    at: item.at,
    actor: item.actor,
    kind: item.kind,
    from: item.from_status,
    to: item.to_status,
    evidence: item.evidence,
    previous_hash: item.previous_hash,
    hash: item.hash,
  };
}
