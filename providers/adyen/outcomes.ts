/**
 * What Adyen's replies mean. Pure. A positive list over `resultCode`: a word no line here names is
 * `unknown`, and so is a yes without a readable amount, which an event then tells.
 */
import type { CardFacts, ProviderEvidence, ProviderOutcome } from '../../domain/provider.ts';
import { evidenceOf } from '../evidence.ts';
import { fromAdyenAmount } from './amounts.ts';
import { mapRefusal } from './declines.ts';

export type Seen = (detail: string, providerReference?: string) => ProviderEvidence;

export function seenAs(kind: ProviderEvidence['kind']): Seen {
  return (detail, providerReference) => evidenceOf(kind, 'adyen', detail, providerReference);
}

export function unknown(evidence: ProviderEvidence): ProviderOutcome {
  return { kind: 'unknown', evidence };
}

/** What is read of a payment's reply; the SDK's class says nothing the wire could not break. */
export interface PaymentReply {
  readonly resultCode?: string | undefined;
  readonly pspReference?: string | undefined;
  readonly merchantReference?: string | undefined;
  readonly amount?: unknown;
  readonly refusalReasonCode?: string | undefined;
  readonly additionalData?: Readonly<Record<string, string>> | undefined;
  readonly action?: unknown;
}

function cardOf({ additionalData }: PaymentReply): { card?: CardFacts } {
  const brand = additionalData?.['paymentMethod'] ?? additionalData?.['cardPaymentMethod'];
  const last4 = additionalData?.['cardSummary'];
  if (brand === undefined || last4 === undefined || !/^\d{4}$/.test(last4)) return {};
  return { card: { brand: brandNames[brand] ?? brand, last4 } };
}

/** Adyen's short names where ours differ. */
const brandNames: Readonly<Record<string, string>> = { mc: 'mastercard', cup: 'unionpay' };

function authorised(reply: PaymentReply, evidence: ProviderEvidence): ProviderOutcome {
  const { pspReference: providerReference } = reply;
  const money = fromAdyenAmount(reply.amount);
  if (money === null || providerReference === undefined) {
    return unknown({ ...evidence, detail: `${evidence.detail} incomplete` });
  }
  return {
    kind: 'approved',
    providerReference,
    ...money,
    captured: false,
    ...cardOf(reply),
    evidence,
  };
}

/** Only a page that a link leads to can be shown: what needs a component in the shop's page is not asked for. */
function redirect(
  reply: PaymentReply,
  reference: string,
  evidence: ProviderEvidence,
): ProviderOutcome {
  const { type, url, method } = (reply.action ?? {}) as Readonly<Record<string, unknown>>;
  const isLink = type === 'redirect' && typeof url === 'string' && /^https?:\/\//.test(url);
  if (!isLink || (method !== undefined && method !== 'GET')) {
    return unknown({ ...evidence, detail: `${evidence.detail} no_link` });
  }
  // Before the page is done with there may be no PSP reference yet: until then it is known by ours.
  const providerReference = reply.pspReference ?? reference;
  return {
    kind: 'requires_action',
    providerReference,
    action: { type: 'redirect', url },
    evidence,
  };
}

/** A definite no. `Error` as well: Adyen lists it beside `Refused` as a final result. */
function refusedPayment(reply: PaymentReply, evidence: ProviderEvidence): ProviderOutcome {
  const fallback = reply.resultCode === 'Cancelled' ? '15' : 'no_code';
  const decline = mapRefusal(reply.refusalReasonCode ?? fallback);
  const outcome = { kind: 'declined', decline, evidence } as const;
  const { pspReference: providerReference } = reply;
  return providerReference === undefined ? outcome : { ...outcome, providerReference };
}

/** `reference`: ours, of the attempt that was asked for. */
export function paymentOutcome(
  reply: PaymentReply,
  reference: string,
  seen: Seen,
): ProviderOutcome {
  const { resultCode, pspReference, refusalReasonCode } = reply;
  const detail = [resultCode ?? 'no_result', refusalReasonCode].filter(Boolean).join(' ');
  const evidence = seen(detail, pspReference);
  if (reply.merchantReference !== undefined && reply.merchantReference !== reference) {
    return unknown({ ...evidence, detail: 'other_reference' });
  }
  switch (resultCode) {
    case 'Authorised':
      return authorised(reply, evidence);
    case 'Refused':
    case 'Error':
    case 'Cancelled':
      return refusedPayment(reply, evidence);
    case 'RedirectShopper':
      return redirect(reply, reference, evidence);
    case 'Pending':
    case 'Received':
      return pspReference === undefined
        ? unknown(evidence)
        : { kind: 'pending', providerReference: pspReference, evidence };
    // Asked for by nobody here: part of the amount, a component in the shop's page, a voucher, a
    // verdict on the shopper alone.
    case 'PartiallyAuthorised':
    case 'ChallengeShopper':
    case 'IdentifyShopper':
    case 'PresentToShopper':
    case 'AuthenticationFinished':
    case 'AuthenticationNotRequired':
    case 'Success':
      return unknown(evidence);
    default:
      return unknown(evidence);
  }
}

/** What is read of a capture's, cancel's or refund's reply. */
export interface ModificationReply {
  readonly status?: string | undefined;
  readonly pspReference?: string | undefined;
  readonly paymentPspReference?: string | undefined;
  readonly reference?: string | undefined;
}

/** `received` and no more: what became of it is told by an event. */
export function modificationOutcome(
  reply: ModificationReply,
  asked: { readonly reference: string; readonly paymentPspReference: string },
  seen: Seen,
): ProviderOutcome {
  const { status, pspReference: providerReference } = reply;
  const evidence = seen(status ?? 'no_status', providerReference);
  const isOurs =
    reply.reference === asked.reference && reply.paymentPspReference === asked.paymentPspReference;
  if (!isOurs) return unknown({ ...evidence, detail: 'other_reference' });
  if (status !== 'received' || providerReference === undefined) return unknown(evidence);
  return { kind: 'pending', providerReference, evidence };
}
