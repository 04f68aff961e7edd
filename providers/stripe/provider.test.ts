/** The adapter against the sandbox's front: what the conformance suite does not ask. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { contractOf } from '../../sandbox/contracts.ts';
import { startTestSandbox } from '../../sandbox/testing/client.ts';
import type { TestSandbox } from '../../sandbox/testing/client.ts';
import type { Provider } from '../../domain/provider.ts';
import { anAuthorization, anOperation, assertApproved } from '../conformance/harness.ts';
import { stripeContract } from './contract.ts';
import { madeAtSeconds } from './lookup.ts';
import { createStripeProvider } from './provider.ts';

let sandbox: TestSandbox;
let stripe: Provider;

beforeAll(async () => {
  sandbox = await startTestSandbox();
  const url = `${sandbox.url}/stripe`;
  stripe = createStripeProvider({ secretKey: 'sk_test_x', webhookSecrets: ['whsec_x'], url });
});
beforeEach(() => sandbox.setFaults([]));
afterAll(() => sandbox.close());

test('what we believe it promises is what the front promises', () => {
  expect(stripeContract).toEqual(contractOf('stripe'));
});

test('an amount Stripe cannot hold never leaves', async () => {
  const request = anAuthorization('tok_visa', { amountMinor: 1_234n, currency: 'KWD' });
  expect((await stripe.authorize(request)).kind).toBe('not_sent');
});

test('a króna is a króna, in the books as in the reply', async () => {
  const request = anAuthorization('tok_visa', { amountMinor: 5n, currency: 'ISK' });
  expect(await stripe.authorize(request)).toMatchObject({ kind: 'approved', amountMinor: 5n });
  const [movement] = (await sandbox.books('stripe')).filter(
    (m) => m.reference === request.reference,
  );
  expect(movement).toMatchObject({ amount: 5, currency: 'ISK' });
});

test.each(['lost_reply', 'error_500', 'refused', 'garbage'])('%s is unknown', async (fault) => {
  await sandbox.setFaults([{ provider: 'stripe', operation: 'authorize', fault, rate: 1 }]);
  expect((await stripe.authorize(anAuthorization('tok_visa'))).kind).toBe('unknown');
});

test('asked to be left alone for a while, whoever asks is told for how long', async () => {
  const request = anAuthorization('tok_visa');
  await stripe.authorize(request);
  const fault = { provider: 'stripe', fault: 'rate_limited', rate: 1 };
  await sandbox.setFaults([fault, { ...fault, operation: 'lookup' }]);
  const another = anAuthorization('tok_visa');
  expect(await stripe.authorize(another)).toMatchObject({ kind: 'not_sent', retryAfterMs: 1_000 });
  const found = await stripe.lookup?.('authorize', request.reference);
  expect(found).toMatchObject({ kind: 'no_answer', retryAfterMs: 1_000 });
});

test('too many requests were not sent, and a wrong amount is told as it is', async () => {
  await sandbox.setFaults([{ provider: 'stripe', fault: 'rate_limited', rate: 1 }]);
  expect((await stripe.authorize(anAuthorization('tok_visa'))).kind).toBe('not_sent');
  await sandbox.setFaults([{ provider: 'stripe', fault: 'wrong_amount', rate: 1 }]);
  const told = await stripe.authorize(anAuthorization('tok_visa'));
  expect(told).toMatchObject({ kind: 'approved', amountMinor: 1_001n });
});

test.each(['capture', 'void', 'refund'] as const)('a lost %s is found afterwards', async (kind) => {
  const sale = kind === 'refund';
  const request = anAuthorization('tok_visa', { capture: sale });
  const outcome = await stripe.authorize(request);
  assertApproved(outcome);
  const operation = anOperation({ request, outcome }, 1_000n, true);
  const hint = { providerReference: outcome.providerReference };
  expect((await stripe.lookup?.(kind, operation.reference, hint))?.kind).toBe('absent');
  await sandbox.setFaults([{ provider: 'stripe', operation: kind, fault: 'lost_reply', rate: 1 }]);
  expect((await stripe[kind]?.(operation))?.kind).toBe('unknown');
  const found = await stripe.lookup?.(kind, operation.reference, hint);
  expect(found).toMatchObject({
    kind: 'found',
    outcome: { kind: 'approved', amountMinor: 1_000n },
  });
  // Without the attempt's id nothing can be concluded.
  expect((await stripe.lookup?.(kind, operation.reference))?.kind).toBe('no_answer');
});

test('found on the second page, and absent only when the last one was read', async () => {
  const first = anAuthorization('tok_visa');
  await stripe.authorize(first);
  await Promise.all(
    Array.from({ length: 105 }, () => stripe.authorize(anAuthorization('tok_visa'))),
  );
  expect((await stripe.lookup?.('authorize', first.reference))?.kind).toBe('found');
  await sandbox.setFaults([{ provider: 'stripe', operation: 'lookup', fault: 'error_500', rate: 0.5 }], 3);
  const none = anAuthorization('tok_visa').reference;
  const kinds = new Set<string | undefined>();
  for (let i = 0; i < 12; i += 1) kinds.add((await stripe.lookup?.('authorize', none))?.kind);
  expect([...kinds].sort()).toEqual(['absent', 'no_answer']);
}); // prettier-ignore

test('a reference tells when it was made', () => {
  const reference = anAuthorization('tok_visa').reference;
  expect(Math.abs((madeAtSeconds(reference) ?? 0) - Date.now() / 1_000)).toBeLessThan(60);
  expect(madeAtSeconds('att_of_old')).toBeNull();
});
