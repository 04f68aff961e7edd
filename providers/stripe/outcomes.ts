/**
 * What Stripe's objects mean. Pure. Positive lists over `status`: a word no line here names is `unknown`.
 */
import type Stripe from 'stripe';
import type {
  CardFacts,
  Decline,
  ProviderEvidence,
  ProviderOutcome,
} from '../../domain/provider.ts';
import { evidenceOf } from '../evidence.ts';
import { fromStripeAmount } from './amounts.ts';
import { mapDecline, refusal } from './declines.ts';

/** Where our references stand in Stripe's metadata. A capture's is added to its payment intent. */
export const referenceField = 'tender_reference';
export const captureField = 'tender_capture';

export type Seen = (detail: string, providerReference?: string) => ProviderEvidence;

export function seenAs(kind: ProviderEvidence['kind']): Seen {
  return (detail, providerReference) => evidenceOf(kind, 'stripe', detail, providerReference);
}

export function unknown(evidence: ProviderEvidence): ProviderOutcome {
  return { kind: 'unknown', evidence };
}

export function declined(
  decline: Decline,
  providerReference: string | undefined,
  evidence: ProviderEvidence,
): ProviderOutcome {
  const outcome = { kind: 'declined', decline, evidence } as const;
  return providerReference === undefined ? outcome : { ...outcome, providerReference };
}

function cardOf({ latest_charge: charge }: Stripe.PaymentIntent): { card?: CardFacts } {
  const card = typeof charge === 'object' ? charge?.payment_method_details?.card : undefined;
  if (typeof card?.brand !== 'string' || !/^[0-9]{4}$/.test(card.last4 ?? '')) return {};
  return { card: { brand: card.brand, last4: card.last4 ?? '' } };
}

function approved(
  intent: Stripe.PaymentIntent,
  amount: number,
  captured: boolean,
  evidence: ProviderEvidence,
): ProviderOutcome {
  const money = fromStripeAmount(amount, intent.currency);
  if (money === null)
    return unknown({ ...evidence, detail: `${evidence.detail} amount_unreadable` });
  const { id: providerReference } = intent;
  return { kind: 'approved', providerReference, ...money, captured, ...cardOf(intent), evidence };
}

/** Why a canceled intent holds nothing. */
export function cancellation(reason: string | null): Decline {
  const ranOut = reason === 'automatic' || reason === 'expired';
  return refusal(ranOut ? 'authorization_expired' : 'already_voided', `canceled_${reason ?? ''}`);
}

function actionOf(intent: Stripe.PaymentIntent, evidence: ProviderEvidence): ProviderOutcome {
  const url = intent.next_action?.redirect_to_url?.url;
  if (typeof url !== 'string' || !/^https?:\/\//.test(url)) {
    return unknown({ ...evidence, detail: `${evidence.detail} ${intent.next_action?.type ?? ''}` });
  }
  const action = { type: 'redirect', url } as const;
  return { kind: 'requires_action', providerReference: intent.id, action, evidence };
}

/**
 * The attempt behind an intent. Declined is final: only a confirmation by us, or with the client secret,
 * which nobody is given, could bring it back.
 */
export function attemptOutcome(intent: Stripe.PaymentIntent, seen: Seen): ProviderOutcome {
  const evidence = seen(intent.status, intent.id);
  switch (intent.status) {
    case 'requires_capture':
      return approved(intent, intent.amount_capturable, false, evidence);
    case 'succeeded':
      // Captured afterwards it is still what was authorized; the capture has an outcome of its own.
      return intent.capture_method === 'manual'
        ? approved(intent, intent.amount, false, evidence)
        : approved(intent, intent.amount_received, true, evidence);
    case 'processing':
      return { kind: 'pending', providerReference: intent.id, evidence };
    case 'requires_action':
      return actionOf(intent, evidence);
    case 'requires_payment_method': {
      const error = intent.last_payment_error;
      const code = error?.decline_code ?? error?.code;
      return code == null ? unknown(evidence) : declined(mapDecline(code), intent.id, evidence);
    }
    case 'canceled':
      return declined(cancellation(intent.cancellation_reason), intent.id, evidence);
    case 'requires_confirmation':
      return unknown(evidence);
    default:
      return unknown(evidence);
  }
}

export function captureOutcome(intent: Stripe.PaymentIntent, seen: Seen): ProviderOutcome {
  const evidence = seen(intent.status, intent.id);
  if (intent.status === 'succeeded') {
    return approved(intent, intent.amount_received, true, evidence);
  }
  if (intent.status === 'processing') {
    return { kind: 'pending', providerReference: intent.id, evidence };
  }
  return unknown(evidence);
}

export function voidOutcome(intent: Stripe.PaymentIntent, seen: Seen): ProviderOutcome {
  const evidence = seen(intent.status, intent.id);
  if (intent.status !== 'canceled') return unknown(evidence);
  const decline = cancellation(intent.cancellation_reason);
  return decline.code === 'authorization_expired'
    ? declined(decline, intent.id, evidence)
    : approved(intent, intent.amount, false, evidence);
}

export function refundOutcome(refund: Stripe.Refund, seen: Seen): ProviderOutcome {
  const status = refund.status ?? 'no_status';
  const evidence = seen(status, refund.id);
  switch (status) {
    case 'succeeded': {
      const money = fromStripeAmount(refund.amount, refund.currency);
      if (money === null) return unknown({ ...evidence, detail: `${status} amount_unreadable` });
      const { id: providerReference } = refund;
      return { kind: 'approved', providerReference, ...money, captured: false, evidence };
    }
    case 'pending':
    case 'requires_action':
      return { kind: 'pending', providerReference: refund.id, evidence };
    case 'failed':
    case 'canceled': {
      const reason = refund.failure_reason ?? status;
      return declined(refusal('declined', `refund_${reason}`), refund.id, evidence);
    }
    default:
      return unknown(evidence);
  }
}
