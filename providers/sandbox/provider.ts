import type { Dispatcher } from 'undici';
import type {
  AuthorizeRequest,
  OperationRequest,
  Provider,
  ProviderContract,
  ProviderOutcome,
} from '../../domain/provider.ts';
import { createHttpClient } from './client.ts';
import type { HttpCall, HttpClient } from './client.ts';
import { createDisputeDesk } from './disputes.ts';
import { mapFence, mapLookup, mapReply } from './mapping.ts';
import type { CallKind } from './replies.ts';
import { createWebhookReader } from './webhook.ts';

export interface SandboxProviderOptions {
  readonly contract: ProviderContract;
  /** Of the sandbox; the provider's own address lies beneath. */
  readonly baseUrl: string;
  readonly webhookSecret: string;
  readonly dispatcher: Dispatcher;
}

interface Money {
  readonly reference: string;
  readonly amountMinor: bigint;
  readonly currency: AuthorizeRequest['currency'];
}

/** The wire carries JSON integers; an amount they cannot hold must not leave rounded. Of nothing, only a card is set up. */
function fitsTheWire(kind: CallKind, amountMinor: bigint): boolean {
  return (
    (kind === 'authorize' ? amountMinor >= 0n : amountMinor > 0n) &&
    amountMinor <= BigInt(Number.MAX_SAFE_INTEGER)
  );
}

function authorizeCall(path: string, request: AuthorizeRequest): HttpCall {
  const { reference, amountMinor, currency, token, capture, returnUrl } = request;
  const body = {
    reference,
    amount: Number(amountMinor),
    currency,
    token,
    capture,
    ...(request.offSession && { off_session: true }),
    ...(request.challenge && { three_d_secure: 'required' }),
  };
  return {
    method: 'POST',
    path: `${path}/authorizations`,
    idempotencyKey: request.idempotencyKey,
    body: returnUrl === undefined ? body : { ...body, return_url: returnUrl },
  };
}

function operationCall(path: string, collection: string, request: OperationRequest): HttpCall {
  const { reference, amountMinor, currency, final } = request;
  const authorization = encodeURIComponent(request.providerReference);
  return {
    method: 'POST',
    path: `${path}/authorizations/${authorization}/${collection}`,
    idempotencyKey: request.idempotencyKey,
    body: { reference, amount: Number(amountMinor), currency, final },
  };
}

function notSent(provider: string, detail: string): ProviderOutcome {
  return { kind: 'not_sent', evidence: { kind: 'provider_reply', provider, detail } };
}

async function send(
  client: HttpClient,
  provider: string,
  kind: CallKind,
  { reference, amountMinor, currency }: Money,
  call: HttpCall,
): Promise<ProviderOutcome> {
  if (!fitsTheWire(kind, amountMinor)) return notSent(provider, 'amount_out_of_range');
  const answer = await client.call(call);
  return mapReply({ provider, kind, reference, amountMinor, currency }, answer);
}

export function createSandboxProvider(options: SandboxProviderOptions): Provider {
  const { contract, dispatcher } = options;
  const { name } = contract;
  const path = `/${name}`;
  const baseUrl = options.baseUrl.replace(/\/$/, '');
  const client = createHttpClient({ ...contract, baseUrl, dispatcher });

  function operate(
    kind: Exclude<CallKind, 'authorize'>,
    request: OperationRequest,
  ): Promise<ProviderOutcome> {
    return send(client, name, kind, request, operationCall(path, `${kind}s`, request));
  }

  return {
    contract,
    async authorize(request) {
      if (request.capture && !contract.sale) return notSent(name, 'sale_not_supported');
      return send(client, name, 'authorize', request, authorizeCall(path, request));
    },
    capture: (request) => operate('capture', request),
    void: (request) => operate('void', request),
    refund: (request) => operate('refund', request),
    ...(contract.disputeAnswers && { disputes: createDisputeDesk(name, client) }),
    ...(contract.incrementalAuthorization && {
      increment: (request: OperationRequest) => operate('increment', request),
    }),
    async lookup(kind, reference) {
      const place = `${path}/lookups/${kind}/${encodeURIComponent(reference)}`;
      const answer = await client.call({ method: 'GET', path: place });
      return mapLookup({ provider: name, kind, reference }, answer);
    },
    ...(contract.voidByReference && {
      async voidByReference(reference) {
        const call = { method: 'POST', path: `${path}/fences`, body: { reference } } as const;
        return mapFence(name, reference, await client.call(call));
      },
    }),
    readWebhook: createWebhookReader(name, options.webhookSecret),
  };
}
