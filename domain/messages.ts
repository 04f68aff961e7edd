/**
 * What people are told, as data. The shopper's text never reveals issuer or risk detail (a declined card
 * is "not accepted", whatever the issuer said); the merchant's names the cause and what to do.
 */
import type { PaymentStatus } from './payment.ts';
import type { ShopperAction } from './provider.ts';

export interface Message {
  readonly shopper: string;
  readonly merchant: string;
}

const statusMessages: Readonly<Record<PaymentStatus, Message>> = {
  processing: {
    shopper: 'Your payment is being processed.',
    merchant: 'The payment is under way. Poll it, or wait for the webhook.',
  },
  requires_action: {
    shopper: 'Your bank asks you to confirm this payment.',
    merchant: 'Send the shopper to next_action.url; the payment goes on when they come back.',
  },
  requires_payment_method: {
    shopper: 'Your payment was not accepted. Please try another way to pay.',
    merchant: 'The last attempt did not go through. Another one may be made by /attempts.',
  },
  requires_capture: {
    shopper: 'Your payment is authorized.',
    merchant: 'Funds are reserved. Capture before expires_at, or cancel.',
  },
  partially_captured: {
    shopper: 'Your payment is complete in part.',
    merchant: 'Part is captured; the rest may still be captured or canceled.',
  },
  captured: {
    shopper: 'Your payment is complete.',
    merchant: 'Captured. Nothing more can be captured.',
  },
  settled: {
    shopper: 'Your payment is complete.',
    merchant: 'Every captured amount is matched to settlement lines.',
  },
  canceled: {
    shopper: 'Your payment was canceled. You have not been charged.',
    merchant: 'Canceled before capture; nothing is held at a provider.',
  },
  failed: {
    shopper: 'Your payment did not go through. You have not been charged.',
    merchant: 'No attempt succeeded and no further one is possible.',
  },
  expired: {
    shopper: 'Your payment has expired. You have not been charged.',
    merchant: 'The authorization ran out before it was captured.',
  },
  blocked: {
    // As of a declined one: who tries cards is not to learn what has stopped them.
    shopper: 'Your payment was not accepted. Please try another way to pay.',
    merchant: 'Refused by a rule before any provider was asked; see status_basis.',
  },
};

const inDoubtMessage: Message = {
  shopper: 'Your payment is being confirmed. Please do not pay again.',
  merchant:
    'A provider has not said whether the money moved. It is being looked up; neither charge again nor treat it as failed.',
};

const transferMessage: Message = {
  shopper: 'Please transfer the amount to the account shown, with the reference.',
  merchant: 'Show next_action to the shopper; amount_due there is what is still to come.',
};

const notAccepted = 'Your payment was not accepted. Please try another way to pay.';
const tryLater = 'Your payment could not be made just now. Please try again later.';

const declineMessages: Readonly<Record<string, Message>> = {
  insufficient_funds: { shopper: notAccepted, merchant: 'The issuer reports insufficient funds.' },
  do_not_honor: { shopper: notAccepted, merchant: 'The issuer declined without a reason.' },
  issuer_unavailable: { shopper: tryLater, merchant: 'The issuer could not be reached.' },
  processing_error: {
    shopper: tryLater,
    merchant: 'The provider could not process it, and says that nothing was taken.',
  },
  invalid_token: { shopper: notAccepted, merchant: 'The provider does not know this token.' },
  provider_unavailable: {
    shopper: tryLater,
    merchant: 'No provider could be tried; nothing was sent.',
  },
  not_completed: {
    shopper: notAccepted,
    merchant: 'The attempt was not completed; it is proven that nothing was taken.',
  },
  authorization_expired: { shopper: tryLater, merchant: 'The authorization had run out.' },
  late_failure: {
    shopper: tryLater,
    merchant: 'The provider took back what it had reported as done.',
  },
  authentication_required: {
    shopper: notAccepted,
    merchant:
      'The issuer wants the shopper to confirm: take the payment again while they are there.',
  },
  not_incrementable: {
    shopper: tryLater,
    merchant: 'The authorization was over before it could be raised; nothing was sent.',
  },
  refund_window_passed: {
    shopper: tryLater,
    merchant:
      'The provider takes no refund any more, so long after the capture. Pay back another way.',
  },
  not_done: {
    shopper: tryLater,
    merchant: 'Nobody could learn it from the provider; two people found that it was not done.',
  },
  not_approved: {
    shopper: tryLater,
    merchant: 'A second person did not approve it; nothing was sent.',
  },
  approval_lapsed: {
    shopper: tryLater,
    merchant: 'Nobody approved it in 7 days; nothing was sent. Ask again.',
  },
  account_closed: {
    shopper: notAccepted,
    merchant: 'The account cannot be debited, or paid to, any more.',
  },
  mandate_required: {
    shopper: notAccepted,
    merchant: 'The payer has not agreed to be debited: take the payment while they are there.',
  },
  shopper_canceled: {
    shopper: notAccepted,
    merchant: 'The shopper canceled on the page of the bank.',
  },
  authentication_failed: { shopper: notAccepted, merchant: 'The shopper did not pass 3-D Secure.' },
};

const otherDecline: Message = { shopper: notAccepted, merchant: 'The provider declined.' };

export function paymentMessage(
  status: PaymentStatus,
  detail: {
    readonly inDoubt: boolean;
    readonly decline: string | undefined;
    readonly action?: ShopperAction['type'] | undefined;
  },
): Message {
  if (detail.inDoubt) return inDoubtMessage;
  if (status === 'requires_action' && detail.action === 'bank_instructions') return transferMessage;
  if (status === 'requires_payment_method' && detail.decline !== undefined) {
    return declineMessage(detail.decline);
  }
  return statusMessages[status];
}

export function declineMessage(code: string): Message {
  return declineMessages[code] ?? otherDecline;
}
