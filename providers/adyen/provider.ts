import type { PaymentRequest } from '@adyen/api-library/lib/src/typings/checkout/paymentRequest.js';
import type {
  AuthorizeRequest,
  FinishRequest,
  LookupKind,
  OperationRequest,
  Provider,
  ProviderOutcome,
} from '../../domain/provider.ts';
import { toAdyenAmount } from './amounts.ts';
import type { WireAmount } from './amounts.ts';
import { loadAdyenClient } from './client.ts';
import type { AdyenClient } from './client.ts';
import { adyenContract } from './contract.ts';
import { failedCall } from './errors.ts';
import { modificationOutcome, paymentOutcome, seenAs, unknown } from './outcomes.ts';
import type { ModificationReply, PaymentReply } from './outcomes.ts';
import { createAdyenWebhookReader } from './webhook.ts';

export interface AdyenProviderOptions {
  readonly apiKey: string;
  readonly merchantAccount: string;
  /** Hexadecimal, of the webhook; several while one takes over from another. */
  readonly hmacKeys: readonly string[];
  readonly mode: 'test' | 'live';
  /** Of the live addresses: `<prefix>-checkout-live.adyenpayments.com`. */
  readonly livePrefix: string | undefined;
  /** Undefined: Adyen itself. */
  readonly url: string | undefined;
}

interface Adyen {
  readonly merchantAccount: string;
  readonly client: Promise<AdyenClient>;
}

const seen = seenAs('provider_reply');
/** Adyen wants an address also where nobody will come back. */
const nowhere = 'https://return.invalid/';

function notSent(detail: string): ProviderOutcome {
  return { kind: 'not_sent', evidence: seen(detail) };
}

/** `<shopperReference>/<storedPaymentMethodId>`: a stored card is good for its shopper alone. */
function readToken(token: string): { readonly shopper: string; readonly stored: string } | null {
  const parts = /^([^/]{3,})\/([^/]+)$/.exec(token);
  return parts === null ? null : { shopper: parts[1] ?? '', stored: parts[2] ?? '' };
}

function paymentRequest(
  merchantAccount: string,
  request: AuthorizeRequest,
  amount: WireAmount,
  token: { readonly shopper: string; readonly stored: string },
): object {
  const { reference, returnUrl, offSession, challenge } = request;
  // Without somebody there, or somewhere to come back to, a challenge is a no at once.
  const alone = offSession || returnUrl === undefined;
  return {
    amount,
    merchantAccount,
    reference,
    returnUrl: returnUrl ?? nowhere,
    channel: 'Web',
    paymentMethod: { type: 'scheme', storedPaymentMethodId: token.stored },
    shopperReference: token.shopper,
    shopperInteraction: 'ContAuth',
    recurringProcessingModel: offSession ? 'UnscheduledCardOnFile' : 'CardOnFile',
    // Whatever the account's own delay is: a capture is asked for.
    additionalData: { manualCapture: 'true' },
    // A page that a link leads to, and that comes back by a link.
    redirectToIssuerMethod: 'GET',
    redirectFromIssuerMethod: 'GET',
    ...(alone && { authenticationData: { attemptAuthentication: 'never' } }),
    ...(!alone && challenge && { authenticationData: { attemptAuthentication: 'always' } }),
  };
}

/** One call, and whatever comes of it as a value. */
async function attempt(
  kind: LookupKind,
  call: () => Promise<ProviderOutcome>,
): Promise<ProviderOutcome> {
  try {
    return await call();
  } catch (error) {
    return failedCall(kind, error, seen);
  }
}

async function authorize(adyen: Adyen, request: AuthorizeRequest): Promise<ProviderOutcome> {
  if (request.capture) return notSent('sale_not_supported');
  const amount = toAdyenAmount(request.amountMinor, request.currency);
  if (amount === null) return notSent('amount_not_representable');
  const token = readToken(request.token);
  if (token === null) return notSent('token_without_shopper');
  const { reference, idempotencyKey } = request;
  return attempt('authorize', async () => {
    const { payments } = await adyen.client;
    const body = paymentRequest(adyen.merchantAccount, request, amount, token) as PaymentRequest;
    const reply: PaymentReply = await payments.payments(body, { idempotencyKey });
    return paymentOutcome(reply, reference, seen);
  });
}

type Modify = (
  client: AdyenClient,
  body: { readonly merchantAccount: string; readonly reference: string },
  amount: WireAmount,
) => Promise<ModificationReply>;

async function modify(
  adyen: Adyen,
  kind: 'capture' | 'refund',
  request: OperationRequest,
  send: Modify,
): Promise<ProviderOutcome> {
  const amount = toAdyenAmount(request.amountMinor, request.currency);
  if (amount === null || amount.value === 0) return notSent('amount_not_representable');
  const { reference, providerReference: paymentPspReference } = request;
  return attempt(kind, async () => {
    const body = { merchantAccount: adyen.merchantAccount, reference };
    const reply = await send(await adyen.client, body, amount);
    return modificationOutcome(reply, { reference, paymentPspReference }, seen);
  });
}

function capture(adyen: Adyen, request: OperationRequest): Promise<ProviderOutcome> {
  const { providerReference, idempotencyKey } = request;
  return modify(adyen, 'capture', request, ({ modifications }, body, amount) =>
    modifications.captureAuthorisedPayment(
      providerReference,
      { ...body, amount },
      { idempotencyKey },
    ),
  );
}

function refund(adyen: Adyen, request: OperationRequest): Promise<ProviderOutcome> {
  const { providerReference, idempotencyKey } = request;
  return modify(adyen, 'refund', request, ({ modifications }, body, amount) =>
    modifications.refundCapturedPayment(
      providerReference,
      { ...body, amount, merchantRefundReason: null },
      { idempotencyKey },
    ),
  );
}

/** Always of the whole: a capture has given back what it left. */
async function cancel(adyen: Adyen, request: OperationRequest): Promise<ProviderOutcome> {
  const { reference, attemptReference, idempotencyKey, providerReference } = request;
  return attempt('void', async () => {
    const { modifications } = await adyen.client;
    const body = { merchantAccount: adyen.merchantAccount, reference };
    if (providerReference === attemptReference) {
      // Still behind a page, it has no PSP reference: only ours.
      const asked = { ...body, paymentReference: attemptReference };
      const reply = await modifications.cancelAuthorisedPayment(asked, { idempotencyKey });
      const { paymentReference: paymentPspReference, ...rest } = reply;
      const named = { reference, paymentPspReference: attemptReference };
      return modificationOutcome({ ...rest, paymentPspReference }, named, seen);
    }
    const reply = await modifications.cancelAuthorisedPaymentByPspReference(
      providerReference,
      body,
      { idempotencyKey },
    );
    return modificationOutcome(reply, { reference, paymentPspReference: providerReference }, seen);
  });
}

/** What Adyen's page sends back; without it Adyen would not go on. */
async function finishAction(adyen: Adyen, request: FinishRequest): Promise<ProviderOutcome> {
  const redirectResult = new URLSearchParams(request.returned).get('redirectResult');
  if (redirectResult === null) return unknown(seen('no_redirect_result'));
  const { reference, idempotencyKey } = request;
  try {
    const { payments } = await adyen.client;
    const body = { details: { redirectResult } };
    const reply: PaymentReply = await payments.paymentsDetails(body, { idempotencyKey });
    // A shopper may bring back what belongs to another payment of theirs: only a reply that names ours counts.
    return reply.merchantReference === undefined
      ? unknown(seen('reference_not_named', reply.pspReference))
      : paymentOutcome(reply, reference, seen);
  } catch (error) {
    // Refused at the door are the details, handed over twice perhaps: of the payment it says nothing.
    const outcome = failedCall('authorize', error, seen);
    return outcome.kind === 'declined' ? unknown(outcome.evidence) : outcome;
  }
}

export function createAdyenProvider(options: AdyenProviderOptions): Provider {
  const { apiKey, merchantAccount, mode, livePrefix, url } = options;
  const client = loadAdyenClient({ apiKey, mode, livePrefix, url, contract: adyenContract });
  // Whoever calls first meets its failure; until then it is nobody's.
  client.catch(() => undefined);
  const adyen = { merchantAccount, client };
  return {
    contract: adyenContract,
    authorize: (request) => authorize(adyen, request),
    capture: (request) => capture(adyen, request),
    void: (request) => cancel(adyen, request),
    refund: (request) => refund(adyen, request),
    finishAction: (request) => finishAction(adyen, request),
    readWebhook: createAdyenWebhookReader(options),
  };
}
