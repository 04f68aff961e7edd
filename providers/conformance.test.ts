/** All three sandbox providers keep the port's promises, through the real adapter over HTTP. */
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { startTestSandbox } from '../sandbox/testing/client.ts';
import type { TestSandbox } from '../sandbox/testing/client.ts';
import type { Provider } from '../domain/provider.ts';
import { listConformanceCases } from './conformance.ts';
import type { ConformanceHarness } from './conformance.ts';
import { createProviders } from './registry.ts';
import { sandboxContracts } from './sandbox/contracts.ts';
import { stripeContract } from './stripe/contract.ts';

const webhookSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

let sandbox: TestSandbox;

beforeAll(async () => {
  sandbox = await startTestSandbox();
});

afterAll(async () => {
  await sandbox.close();
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
  }).get(name);
  if (provider === undefined) throw new Error(`no provider ${name}`);
  return provider;
}

/** A cancel at Stripe carries its key and no reference. */
function named<M extends { readonly reference: string }>(movement: M): M {
  return { ...movement, reference: movement.reference.replace(/^key_/, '') };
}

function createHarness(name: string): ConformanceHarness {
  return {
    provider: findProvider(name, sandbox.url),
    unreachable: findProvider(name, 'http://127.0.0.1:2'),
    tokens: {
      approved: 'tok_visa',
      insufficientFunds: 'tok_declined_insufficient_funds',
      lostReply: 'tok_lost_reply',
      serverError: 'tok_error_500',
      challenge: 'tok_3ds',
    },
    listMovements: async () => (await sandbox.books(name)).map(named),
    advanceClock: (durationMs) => sandbox.advance(Math.ceil(durationMs / 1_000)),
  };
}

for (const contract of [...sandboxContracts, stripeContract]) {
  describe(contract.name, () => {
    test.each(listConformanceCases(contract).map((entry) => [entry.name, entry] as const))(
      '%s',
      async (_, entry) => {
        await entry.run(createHarness(contract.name));
      },
    );
  });
}
