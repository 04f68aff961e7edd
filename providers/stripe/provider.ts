import type Stripe from 'stripe';
import type {
  AuthorizeRequest,
  LookupKind,
  OperationRequest,
  Provider,
  ProviderOutcome,
} from '../../domain/provider.ts';
import { toStripeAmount } from './amounts.ts';
import { createStripeClient } from './client.ts';
import { stripeContract } from './contract.ts';
import { failedCall } from './errors.ts';
import { lookup } from './lookup.ts';
import {
  attemptOutcome, captureField, captureOutcome, referenceField, refundOutcome, seenAs, unknown,
  voidOutcome,
} from './outcomes.ts'; // prettier-ignore
import { createStripeWebhookReader } from './webhook.ts';

export interface StripeProviderOptions {
  /** `sk_test_…` or `sk_live_…`, or a restricted key `rk_…`. */
  readonly secretKey: string;
  /** Of the webhook endpoint; several while one takes over from another. */
  readonly webhookSecrets: readonly string[];
  /** Undefined: Stripe itself. */
  readonly url: string | undefined;
}

const seen = seenAs('provider_reply');

function notSent(detail: string): ProviderOutcome {
  return { kind: 'not_sent', evidence: seen(detail) };
}

/** Without somewhere to come back to, or anybody to go there, a challenge is a no at once. */
function presenceOf(request: AuthorizeRequest): Partial<Stripe.PaymentIntentCreateParams> {
  if (request.offSession) return { off_session: true };
  const { returnUrl } = request;
  return returnUrl === undefined ? { error_on_requires_action: true } : { return_url: returnUrl };
}

function createParams(request: AuthorizeRequest, amount: number): Stripe.PaymentIntentCreateParams {
  return {
    amount,
    currency: request.currency.toLowerCase(),
    confirm: true,
    capture_method: request.capture ? 'automatic' : 'manual',
    allowed_payment_method_types: ['card'],
    payment_method: request.token,
    metadata: { [referenceField]: request.reference },
    expand: ['latest_charge'],
    ...presenceOf(request),
    ...(request.challenge && {
      payment_method_options: { card: { request_three_d_secure: 'challenge' } },
    }),
  };
}

/** One call under our key, and whatever comes of it as a value. */
async function attempt(
  kind: LookupKind,
  reference: string,
  call: () => Promise<ProviderOutcome>,
): Promise<ProviderOutcome> {
  try {
    return await call();
  } catch (error) {
    return failedCall(kind, reference, error, seen);
  }
}

async function authorize(client: Stripe, request: AuthorizeRequest): Promise<ProviderOutcome> {
  const amount = toStripeAmount(request.amountMinor, request.currency);
  if (amount === null) return notSent('amount_not_representable');
  const { reference, idempotencyKey } = request;
  return attempt('authorize', reference, async () => {
    const params = createParams(request, amount);
    const intent = await client.paymentIntents.create(params, { idempotencyKey });
    const isOurs = intent.metadata[referenceField] === reference;
    return isOurs ? attemptOutcome(intent, seen) : unknown(seen('other_reference'));
  });
}

async function capture(client: Stripe, request: OperationRequest): Promise<ProviderOutcome> {
  const amount = toStripeAmount(request.amountMinor, request.currency);
  if (amount === null) return notSent('amount_not_representable');
  const { reference, idempotencyKey, providerReference } = request;
  return attempt('capture', reference, async () => {
    const params = { amount_to_capture: amount, metadata: { [captureField]: reference } };
    const intent = await client.paymentIntents.capture(providerReference, params, {
      idempotencyKey,
    });
    if (intent.id !== providerReference) return unknown(seen('other_reference'));
    return captureOutcome(intent, seen);
  });
}

/** Always of the whole: a capture has released what it left. */
async function cancel(client: Stripe, request: OperationRequest): Promise<ProviderOutcome> {
  const { reference, idempotencyKey, providerReference } = request;
  return attempt('void', reference, async () => {
    const reason = { cancellation_reason: 'requested_by_customer' } as const;
    const intent = await client.paymentIntents.cancel(providerReference, reason, {
      idempotencyKey,
    });
    if (intent.id !== providerReference) return unknown(seen('other_reference'));
    return voidOutcome(intent, seen);
  });
}

async function refund(client: Stripe, request: OperationRequest): Promise<ProviderOutcome> {
  const amount = toStripeAmount(request.amountMinor, request.currency);
  if (amount === null) return notSent('amount_not_representable');
  const { reference, idempotencyKey, providerReference } = request;
  return attempt('refund', reference, async () => {
    const metadata = { [referenceField]: reference };
    const params = { payment_intent: providerReference, amount, metadata };
    const made = await client.refunds.create(params, { idempotencyKey });
    const isOurs = made.metadata?.[referenceField] === reference;
    return isOurs ? refundOutcome(made, seen) : unknown(seen('other_reference'));
  });
}

export function createStripeProvider(options: StripeProviderOptions): Provider {
  const { secretKey, url, webhookSecrets } = options;
  const client = createStripeClient({ secretKey, url, contract: stripeContract });
  return {
    contract: stripeContract,
    authorize: (request) => authorize(client, request),
    capture: (request) => capture(client, request),
    void: (request) => cancel(client, request),
    refund: (request) => refund(client, request),
    lookup: (kind, reference, hint = {}) => lookup(client, kind, reference, hint),
    readWebhook: createStripeWebhookReader(client, webhookSecrets, /^[sr]k_live_/.test(secretKey)),
  };
}
