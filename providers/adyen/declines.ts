/**
 * Adyen's refusals in our words, by code and, since events name the reason alone, by its text. A code no
 * line names is still a definite no: `declined`.
 */
import type { Decline } from '../../domain/provider.ts';

type Mapped = Omit<Decline, 'providerCode'>;

const no = (code: string, advice: Decline['advice']): Mapped => ({ code, advice });
const insufficient = no('insufficient_funds', 'retry_later');
const doNotHonor = no('do_not_honor', 'try_another_method');
const updateCard = no('invalid_token', 'update_card');
const unauthenticated = no('authentication_failed', 'try_another_method');
const stop = no('declined', 'do_not_retry');
const later = no('declined', 'retry_later');
const other = no('declined', 'try_another_method');

interface Refusal {
  readonly code: string;
  readonly reason: string;
  readonly mapped: Mapped;
}

const refusal = (code: string, reason: string, mapped: Mapped): Refusal => ({
  code,
  reason,
  mapped,
});

export const refusals: readonly Refusal[] = [
  refusal('2', 'Refused', doNotHonor),
  refusal('3', 'Referral', doNotHonor),
  refusal('4', 'Acquirer Error', later),
  refusal('5', 'Blocked Card', stop),
  refusal('6', 'Expired Card', updateCard),
  refusal('7', 'Invalid Amount', stop),
  refusal('8', 'Invalid Card Number', updateCard),
  refusal('9', 'Issuer Unavailable', no('issuer_unavailable', 'retry_later')),
  refusal('10', 'Not supported', other),
  refusal('11', '3D Not Authenticated', unauthenticated),
  refusal('12', 'Not enough balance', insufficient),
  refusal('14', 'Acquirer Fraud', stop),
  refusal('15', 'Cancelled', no('not_completed', 'retry_later')),
  refusal('16', 'Shopper Cancelled', no('not_completed', 'retry_later')),
  refusal('17', 'Invalid Pin', other),
  refusal('18', 'Pin tries exceeded', other),
  refusal('19', 'Pin validation not possible', other),
  refusal('20', 'FRAUD', stop),
  refusal('21', 'Not Submitted', later),
  refusal('22', 'FRAUD-CANCELLED', stop),
  refusal('23', 'Transaction Not Permitted', doNotHonor),
  refusal('24', 'CVC Declined', updateCard),
  refusal('25', 'Restricted Card', doNotHonor),
  refusal('26', 'Revocation Of Auth', stop),
  refusal('27', 'Declined Non Generic', doNotHonor),
  refusal('28', 'Withdrawal amount exceeded', insufficient),
  refusal('29', 'Withdrawal count exceeded', insufficient),
  refusal('31', 'Issuer Suspected Fraud', stop),
  refusal('32', 'AVS Declined', updateCard),
  refusal('33', 'Card requires online pin', other),
  refusal('34', 'No checking account available on Card', other),
  refusal('35', 'No savings account available on Card', other),
  refusal('36', 'Mobile pin required', other),
  refusal('37', 'Contactless fallback', other),
  refusal('38', 'Authentication required', no('authentication_required', 'try_another_method')),
  refusal('39', 'RReq not received from DS', unauthenticated),
  refusal('40', 'Current AID is in Penalty Box', other),
  refusal('41', 'CVM Required Restart Payment', other),
  refusal('42', '3DS Authentication Error', unauthenticated),
  refusal('43', 'Online PIN required', other),
  refusal('44', 'Try another interface', other),
  refusal('45', 'Chip downgrade mode', other),
  refusal('46', 'Transaction blocked by Adyen to prevent excessive retry fees', stop),
];

const byCode = new Map(refusals.map(({ code, mapped }) => [code, mapped]));
const byReason = new Map(refusals.map(({ reason, code }) => [reason.toLowerCase(), code]));

export function mapRefusal(providerCode: string): Decline {
  return { ...(byCode.get(providerCode) ?? other), providerCode };
}

/** The reason of an event may carry more behind a colon; what it is called comes first. */
export function mapReason(reason: string): Decline {
  const name = reason.split(':')[0]?.trim().toLowerCase() ?? '';
  return mapRefusal(byReason.get(name) ?? 'reason_not_listed');
}

/** A no that is ours to understand and nobody's card's. */
export function refused(code: string, providerCode: string): Decline {
  return { code, advice: 'do_not_retry', providerCode };
}
