/** The sandbox's bank behind the port: debits, redirects and transfers, each taken in one call. */
import { takesCurrency } from '../../../domain/provider-contract.ts';
import type { PayoutRequest } from '../../../domain/provider-payouts.ts';
import type {
  AuthorizeRequest,
  OperationRequest,
  Provider,
  ProviderOutcome,
} from '../../../domain/provider.ts';
import { createHttpClient } from '../client.ts';
import type { HttpCall } from '../client.ts';
import { mapFence, mapLookup, mapReply } from '../mapping.ts';
import type { SandboxProviderOptions } from '../provider.ts';
import type { CallKind } from '../replies.ts';
import { createWebhookReader } from '../webhook.ts';
import { readBankResource as read } from './replies.ts';

/** The bank takes no more at once. */
const amountMax = 1_000_000_000_000n;

type Asked = Pick<AuthorizeRequest, 'reference' | 'amountMinor' | 'currency'>;

function paymentCall(request: AuthorizeRequest): HttpCall {
  const { reference, amountMinor, currency, method, token, offSession, returnUrl } = request;
  return {
    method: 'POST',
    path: '/bank/payments',
    idempotencyKey: request.idempotencyKey,
    body: {
      ...{ reference, amount: Number(amountMinor), currency, method, token },
      ...(offSession && { off_session: true }),
      ...(returnUrl !== undefined && { return_url: returnUrl }),
    },
  };
}

function operationCall(collection: 'voids' | 'refunds', request: OperationRequest): HttpCall {
  const { reference, amountMinor, currency, final } = request;
  return {
    method: 'POST',
    path: `/bank/payments/${encodeURIComponent(request.providerReference)}/${collection}`,
    idempotencyKey: request.idempotencyKey,
    body: { reference, amount: Number(amountMinor), currency, final },
  };
}

function payoutCall(request: PayoutRequest): HttpCall {
  const { reference, idempotencyKey, amountMinor, currency, account } = request;
  const body = { reference, amount: Number(amountMinor), currency, account };
  return { method: 'POST', path: '/bank/payouts', idempotencyKey, body };
}

export function createBankProvider(options: SandboxProviderOptions): Provider {
  const { contract, dispatcher, webhookSecret } = options;
  const { name } = contract;
  const baseUrl = options.baseUrl.replace(/\/$/, '');
  const client = createHttpClient({ ...contract, baseUrl, dispatcher });

  function notSent(detail: string): ProviderOutcome {
    return { kind: 'not_sent', evidence: { kind: 'provider_reply', provider: name, detail } };
  }

  async function send(kind: CallKind, asked: Asked, call: HttpCall): Promise<ProviderOutcome> {
    const { reference, amountMinor, currency } = asked;
    if (amountMinor <= 0n || amountMinor > amountMax) return notSent('amount_out_of_range');
    const answer = await client.call(call);
    return mapReply({ provider: name, kind, reference, amountMinor, currency, read }, answer);
  }

  return {
    contract,
    async authorize(request) {
      const { method, currency } = request;
      if (!request.capture) return notSent('nothing_is_held_here');
      if (!contract.methods.includes(method)) return notSent('method_not_supported');
      if (!takesCurrency(contract, method, currency)) return notSent('currency_not_supported');
      return send('authorize', request, paymentCall(request));
    },
    void: (request) => send('void', request, operationCall('voids', request)),
    refund: (request) => send('refund', request, operationCall('refunds', request)),
    payOut: (request) => send('payout', request, payoutCall(request)),
    async lookup(kind, reference) {
      const path = `/bank/lookups/${kind}/${encodeURIComponent(reference)}`;
      const answer = await client.call({ method: 'GET', path });
      return mapLookup({ provider: name, kind, reference, read }, answer);
    },
    async voidByReference(reference) {
      const call = { method: 'POST', path: '/bank/fences', body: { reference } } as const;
      return mapFence(name, reference, await client.call(call));
    },
    readWebhook: createWebhookReader(name, webhookSecret),
  };
}
