/** Every provider keeps the port's promises, through the real adapter over HTTP. */
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { reportUser } from '../sandbox/adyen/downloads.ts';
import { hmacKeyOf } from '../sandbox/adyen/event.ts';
import { merchantAccount } from '../sandbox/adyen/present.ts';
import { sendMoney } from '../sandbox/testing/bank.ts';
import { eventually, startTestSandbox } from '../sandbox/testing/client.ts';
import type { TestSandbox } from '../sandbox/testing/client.ts';
import { startReceiver } from '../sandbox/testing/receiver.ts';
import type { Receiver } from '../sandbox/testing/receiver.ts';
import type { LookupKind, Provider, ProviderOutcome } from '../domain/provider.ts';
import { readFetched } from '../test/support/settlement-files.ts';
import { adyenContract } from './adyen/contract.ts';
import { listConformanceCases } from './conformance.ts';
import type { ConformanceHarness } from './conformance.ts';
import { createProviders } from './registry.ts';
import { createReportSources } from './report-sources.ts';
import { bankContract, sandboxContracts } from './sandbox/contracts.ts';
import { stripeContract } from './stripe/contract.ts';

const webhookSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

let sandbox: TestSandbox;
let receiver: Receiver;

beforeAll(async () => {
  receiver = await startReceiver();
  sandbox = await startTestSandbox({ webhookUrl: receiver.url, webhookSecret });
});

afterAll(async () => {
  await sandbox.close();
  await receiver.close();
});

function findProvider(name: string, sandboxUrl: string): Provider {
  const provider = createProviders({
    sandboxUrl,
    webhookSecret,
    stripe: {
      secretKey: 'sk_test_sandbox',
      webhookSecrets: [webhookSecret],
      url: `${sandboxUrl}/stripe`,
    },
    adyen: {
      apiKey: 'key',
      merchantAccount,
      hmacKeys: [hmacKeyOf(webhookSecret)],
      mode: 'test',
      livePrefix: undefined,
      url: `${sandboxUrl}/adyen`,
    },
  }).get(name);
  if (provider === undefined) throw new Error(`no provider ${name}`);
  return provider;
}

/** A cancel at Stripe carries its key and no reference. */
function named<M extends { readonly reference: string }>(movement: M): M {
  return { ...movement, reference: movement.reference.replace(/^key_/, '') };
}

/** The newest thing its signed events say became of it. */
async function told(
  provider: Provider,
  kind: LookupKind,
  reference: string,
): Promise<ProviderOutcome> {
  const heard = (): readonly ProviderOutcome[] =>
    receiver.received
      .filter(({ path }) => path === `/${provider.contract.name}`)
      .map(({ raw, headers }) => provider.readWebhook(raw, { ...headers } as never))
      .filter((event) => event?.reference === reference && event.claim?.kind === kind)
      .flatMap((event) => event?.claim?.outcome ?? []);
  const outcome = (await eventually(heard, (outcomes) => outcomes.length > 0)).at(-1);
  if (outcome === undefined) throw new Error(`nothing was told of ${reference}`);
  return outcome;
}

/** Adyen's stored cards are good for their shopper alone. */
function tokenOf(name: string, token: string): string {
  return name === 'adyen' ? `shopper/${token}` : token;
}

function findReports(name: string): ConformanceHarness['fetchReports'] {
  const { url: sandboxUrl } = sandbox;
  const source = createReportSources({
    sandboxUrl,
    stripe: { secretKey: 'sk_test_sandbox', url: `${sandboxUrl}/stripe` },
    adyen: {
      ...{ merchantAccount, credentials: reportUser, firstBatch: 1 },
      url: `${sandboxUrl}/adyen/reports/download`,
    },
  }).get(name);
  return source && (() => readFetched(source));
}

function createHarness(name: string): ConformanceHarness {
  const provider = findProvider(name, sandbox.url);
  return {
    provider,
    fetchReports: findReports(name),
    unreachable: findProvider(name, 'http://127.0.0.1:2'),
    tokens: {
      approved: tokenOf(name, 'tok_visa'),
      insufficientFunds: tokenOf(name, 'tok_declined_insufficient_funds'),
      lostReply: tokenOf(name, 'tok_lost_reply'),
      serverError: tokenOf(name, 'tok_error_500'),
      challenge: tokenOf(name, 'tok_3ds'),
    },
    told: (kind, reference) => told(provider, kind, reference),
    listMovements: async () => (await sandbox.books(name)).map(named),
    advanceClock: (durationMs) => sandbox.advance(Math.ceil(durationMs / 1_000)),
  };
}

function createBankHarness(): ConformanceHarness {
  return {
    ...createHarness('bank'),
    asking: { method: 'bank_debit', capture: true },
    tokens: {
      approved: 'tok_debit_mandated',
      insufficientFunds: 'tok_debit_fails',
      lostReply: 'tok_debit_lost_reply',
      serverError: 'tok_debit_error_500',
      challenge: 'tok_debit',
    },
    payees: {
      good: 'ba_payout',
      closed: 'ba_payout_refused',
      returned: 'ba_payout_returned',
      lostReply: 'ba_payout_lost_reply',
    },
    payer: {
      tokens: { unmandated: 'tok_debit', returned: 'tok_debit_returned' },
      approve: async (url) => {
        await fetch(`${url}/approve`, { method: 'POST' });
      },
      transfer: async (reference, amount, id) => {
        await sendMoney(sandbox, reference, amount, { id });
      },
    },
  };
}

for (const contract of [...sandboxContracts, bankContract, stripeContract, adyenContract]) {
  describe(contract.name, () => {
    test.each(listConformanceCases(contract).map((entry) => [entry.name, entry] as const))(
      '%s',
      async (_, entry) => {
        await entry.run(
          contract === bankContract ? createBankHarness() : createHarness(contract.name),
        );
      },
    );
  });
}
