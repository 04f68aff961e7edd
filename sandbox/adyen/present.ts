/** The sandbox's books in Adyen's shapes: the fields its API documents, as far as there is something to say. */
import type { Json } from '../http/reply.ts';
import type { AuthorizationRow } from '../store/authorizations.ts';
import { showAmount } from './amounts.ts';

/** The one account there is. */
export const merchantAccount = 'TenderSandbox';

interface Refusal {
  readonly refusalReason: string;
  readonly refusalReasonCode: string;
}

/** Adyen's words for why a card was refused. */
export function refusalOf(declineCode: string): Refusal {
  switch (declineCode) {
    case 'insufficient_funds':
      return { refusalReason: 'Not enough balance', refusalReasonCode: '12' };
    case 'authentication_required':
      return { refusalReason: 'Authentication required', refusalReasonCode: '38' };
    case 'authentication_failed':
      return { refusalReason: '3D Not Authenticated', refusalReasonCode: '11' };
    default:
      return { refusalReason: 'Refused', refusalReasonCode: '2' };
  }
}

/** Adyen's words for why a modification was not carried out. */
export function failureOf(declineCode: string): string {
  switch (declineCode) {
    case 'capture_exceeds_authorization':
    case 'refund_exceeds_captured':
    case 'already_captured':
      return 'Insufficient balance on payment';
    case 'authorization_expired':
      return 'Transaction has expired';
    case 'already_voided':
      return 'Transaction has been cancelled';
    default:
      return 'Transaction not in a state for this';
  }
}

const brandNames: Readonly<Record<string, string>> = { mastercard: 'mc', unionpay: 'cup' };

export function brandOf({ brand }: Pick<AuthorizationRow, 'brand'>): string {
  return brandNames[brand ?? ''] ?? brand ?? 'unknown';
}

/** `told`: what the processor says, which a fault may have changed. */
export function presentPayment(row: AuthorizationRow, told: Json): Json {
  const own = { pspReference: row.id, merchantReference: row.reference };
  const { status } = told;
  if (status === 'authorized' || status === 'captured') {
    return {
      ...own,
      resultCode: 'Authorised',
      amount: showAmount(Number(told['amount']), row.currency),
      paymentMethod: { brand: brandOf(row), type: 'scheme' },
      additionalData: { cardSummary: row.last4, paymentMethod: brandOf(row) },
    };
  }
  if (status === 'requires_action') {
    // Its PSP reference is only told once the shopper is done with the page.
    return {
      merchantReference: row.reference,
      resultCode: 'RedirectShopper',
      action: {
        type: 'redirect',
        method: 'GET',
        paymentMethodType: 'scheme',
        url: told['redirect_url'],
      },
    };
  }
  const code = typeof told['decline_code'] === 'string' ? told['decline_code'] : 'declined';
  return { ...own, resultCode: 'Refused', ...refusalOf(code) };
}

/** Received, and no more: an event tells what became of it. */
export function presentModification(
  id: string,
  asked: { readonly reference: string } & Json,
): Json {
  return { merchantAccount, pspReference: id, ...asked, status: 'received' };
}
