/** Stripe's codes in our words. A code no line names is still a definite no: `declined`. */
import type { Decline } from '../../domain/provider.ts';

type Mapped = Omit<Decline, 'providerCode'>;

const no = (code: string, advice: Decline['advice']): Mapped => ({ code, advice });
const updateCard = no('invalid_token', 'update_card');
const unauthenticated = no('authentication_failed', 'try_another_method');
const doNotHonor = no('do_not_honor', 'try_another_method');
const stop = no('declined', 'do_not_retry');
const later = no('declined', 'retry_later');
const other = no('declined', 'try_another_method');

const declines: Readonly<Record<string, Mapped>> = {
  insufficient_funds: no('insufficient_funds', 'retry_later'),
  card_velocity_exceeded: no('insufficient_funds', 'retry_later'),
  withdrawal_count_limit_exceeded: no('insufficient_funds', 'retry_later'),
  do_not_honor: doNotHonor,
  generic_decline: doNotHonor,
  card_declined: doNotHonor,
  call_issuer: doNotHonor,
  no_action_taken: doNotHonor,
  transaction_not_allowed: doNotHonor,
  not_permitted: doNotHonor,
  service_not_allowed: doNotHonor,
  security_violation: doNotHonor,
  restricted_card: doNotHonor,
  currency_not_supported: other,
  card_not_supported: other,
  authentication_required: unauthenticated,
  authentication_not_handled: unauthenticated,
  payment_intent_authentication_failure: unauthenticated,
  mobile_device_authentication_required: unauthenticated,
  expired_card: updateCard,
  incorrect_number: updateCard,
  invalid_number: updateCard,
  incorrect_cvc: updateCard,
  invalid_cvc: updateCard,
  incorrect_zip: updateCard,
  incorrect_address: updateCard,
  invalid_expiry_month: updateCard,
  invalid_expiry_year: updateCard,
  invalid_account: updateCard,
  new_account_information_available: updateCard,
  payment_method_unactivated: updateCard,
  payment_method_unexpected_state: updateCard,
  resource_missing: updateCard,
  issuer_not_available: later,
  processing_error: later,
  try_again_later: later,
  reenter_transaction: later,
  approve_with_id: later,
  // Never again with this card, and never more said about it to the shopper.
  fraudulent: stop,
  lost_card: stop,
  merchant_blacklist: stop,
  pickup_card: stop,
  stolen_card: stop,
  stop_payment_order: stop,
  revocation_of_authorization: stop,
  revocation_of_all_authorizations: stop,
  testmode_decline: stop,
  duplicate_transaction: stop,
  invalid_amount: stop,
};

export function mapDecline(providerCode: string): Decline {
  const known = Object.hasOwn(declines, providerCode) ? declines[providerCode] : undefined;
  return { ...(known ?? other), providerCode };
}

/** A refusal of an operation, which is ours to understand and nobody's card's. */
export function refusal(code: string, providerCode: string): Decline {
  return { code, advice: 'do_not_retry', providerCode };
}
