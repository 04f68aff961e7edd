/** The files of a new provider, by name. Everything it is not yet sure of is `unknown`. */

const contract = (
  name: string,
): string => `import type { ProviderContract } from '../../domain/provider.ts';

const second = 1_000;
const hour = 3_600 * second;

/** What the provider promises in writing, and nothing it does not. The cautious value is filled in. */
export const ${name}Contract = {
  name: '${name}',
  methods: ['card'],
  currencies: ['EUR'],
  exponents: {},
  tokens: 'own',
  sale: false,
  partialCapture: false,
  multipleCaptures: false,
  incrementalAuthorization: false,
    challenges: false,
    disputeAnswers: false,
    payouts: false,
  modifications: 'synchronous',
  refundWindowMs: null,
  lookup: false,
  toldWithinMs: 5 * 24 * hour,
  voidByReference: false,
  keyLifeMs: hour,
  keyScope: 'account',
  errorsCached: true,
  absenceFinalAfterMs: null,
  // Once its files are read (\`settlement/\`): \`uploaded\`, or with a source \`fetched\`, and in which formats.
  settlementReports: { come: 'none' },
  settlementCycleMs: 24 * hour,
  settlingMs: 60 * second,
  authorizationLifeMs: 5 * 24 * hour,
  authorizationLifeByBrandMs: {},
  connectMs: 5 * second,
  responseMs: 15 * second,
  deadlineMs: 15 * second,
  concurrentMax: 8,
  perSecondMax: 10,
} as const satisfies ProviderContract;
`;

const mapping = (
  name: string,
): string => `/** What a reply means. Pure. A positive list: what no line names is \`unknown\`. */
import type { Decline, ProviderEvidence, ProviderOutcome } from '../../domain/provider.ts';

const declines: Readonly<Record<string, Omit<Decline, 'providerCode'>>> = {
  insufficient_funds: { code: 'insufficient_funds', advice: 'retry_later' },
};

/** A code we do not know is still a definite no: the explicit rule for everything else. */
const otherDecline = { code: 'declined', advice: 'try_another_method' } as const;

export function mapDecline(providerCode: string): Decline {
  const known = Object.hasOwn(declines, providerCode) ? declines[providerCode] : undefined;
  return { ...(known ?? otherDecline), providerCode };
}

export interface ${pascal(name)}Reply {
  readonly status: string;
  readonly id: string;
  readonly declineCode?: string;
}

export function mapReply(reply: ${pascal(name)}Reply, evidence: ProviderEvidence): ProviderOutcome {
  switch (reply.status) {
    case 'declined': {
      const decline = mapDecline(reply.declineCode ?? 'declined');
      return { kind: 'declined', decline, providerReference: reply.id, evidence };
    }
    default:
      return { kind: 'unknown', evidence };
  }
}
`;

const provider = (
  name: string,
): string => `import type { Provider, ProviderOutcome } from '../../domain/provider.ts';
import { describeError, isConnectError } from '../connection.ts';
import { evidenceOf } from '../evidence.ts';
import { ${name}Contract } from './contract.ts';
import { mapReply } from './mapping.ts';
import type { ${pascal(name)}Reply } from './mapping.ts';
import { create${pascal(name)}WebhookReader } from './webhook.ts';

export interface ${pascal(name)}Options {
  /** Signs the provider's events. */
  readonly webhookSecret: string;
  /** One call, under our key, by the contract's deadlines; rejects when there is no reply. */
  call(path: string, idempotencyKey: string, body: object): Promise<${pascal(name)}Reply>;
}

/** Never throws: what went wrong is an outcome. */
async function send(call: () => Promise<${pascal(name)}Reply>): Promise<ProviderOutcome> {
  try {
    const reply = await call();
    return mapReply(reply, evidenceOf('provider_reply', '${name}', reply.status, reply.id));
  } catch (error) {
    const evidence = evidenceOf('provider_reply', '${name}', describeError(error));
    return { kind: isConnectError(error) ? 'not_sent' : 'unknown', evidence };
  }
}

/** What it cannot do is not there: add \`void\`, \`refund\`, \`lookup\` … as the contract comes to say so. */
export function create${pascal(name)}Provider(options: ${pascal(name)}Options): Provider {
  return {
    contract: ${name}Contract,
    authorize({ reference, idempotencyKey, amountMinor, currency, token, capture }) {
      if (capture) {
        const evidence = evidenceOf('provider_reply', '${name}', 'sale_not_supported');
        return Promise.resolve({ kind: 'not_sent', evidence });
      }
      const body = { reference, amount: String(amountMinor), currency, token };
      return send(() => options.call('/authorizations', idempotencyKey, body));
    },
    capture({ reference, idempotencyKey, providerReference, amountMinor, currency }) {
      const body = { reference, authorization: providerReference, amount: String(amountMinor), currency };
      return send(() => options.call('/captures', idempotencyKey, body));
    },
    readWebhook: create${pascal(name)}WebhookReader(options.webhookSecret),
  };
}
`;

const webhook = (
  name: string,
): string => `import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { ReadsWebhooks } from '../../domain/provider.ts';

const eventSchema = z.object({
  id: z.string().min(1).max(200),
  type: z.string().min(1).max(100),
  reference: z.string().min(1).max(200),
});

/** By the raw bytes, before anything is read from them. Put the provider's own scheme here. */
export function create${pascal(name)}WebhookReader(secret: string): ReadsWebhooks['readWebhook'] {
  return (rawBody, headers) => {
    const expected = createHmac('sha256', secret).update(rawBody).digest();
    const given = Buffer.from(headers['${name}-signature'] ?? '', 'hex');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
    try {
      const { id, type, reference } = eventSchema.parse(JSON.parse(rawBody.toString('utf8')));
      return { eventId: id, type, reference };
    } catch {
      return null;
    }
  };
}
`;

const conformance = (name: string): string => `/**
 * The port's promises, tried against ${name}. The cases come from the contract; each needs a running
 * counterpart (a sandbox of theirs, or a front in ours) to be carried out against.
 */
import { describe, expect, test } from '@jest/globals';
import { checkCapabilities } from '../capabilities.ts';
import { listConformanceCases } from '../conformance.ts';
import { ${name}Contract } from './contract.ts';
import { create${pascal(name)}Provider } from './provider.ts';

const provider = create${pascal(name)}Provider({
  webhookSecret: 'secret',
  call: () => Promise.reject(new Error('no counterpart yet')),
});

describe('${name}', () => {
  test('can do what its contract says', () => {
    expect(checkCapabilities(provider)).toEqual([]);
  });

  // With a counterpart: \`(_, entry) => entry.run(createHarness())\`, as in providers/conformance.test.ts.
  test.each(listConformanceCases(${name}Contract).map((entry) => [entry.name, entry] as const))(
    '%s: is asked of it',
    (_, entry) => {
      expect(entry.run).toBeInstanceOf(Function);
    },
  );

  test('what it does not know it calls unknown', async () => {
    const money = { amountMinor: 1_000n, currency: 'EUR' } as const;
    const asked = { method: 'card', token: 't', offSession: false, challenge: false, capture: false } as const;
    const keys = { reference: 'att_1', idempotencyKey: 'key_1' };
    expect((await provider.authorize({ ...keys, ...money, ...asked })).kind).toBe('unknown');
  });
});
`;

function pascal(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

export function skeleton(name: string): Readonly<Record<string, string>> {
  return {
    'contract.ts': contract(name),
    'mapping.ts': mapping(name),
    'provider.ts': provider(name),
    'webhook.ts': webhook(name),
    'conformance.test.ts': conformance(name),
  };
}
