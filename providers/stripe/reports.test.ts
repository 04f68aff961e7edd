/** What Stripe pays out, fetched as its API tells it, is a file that our reader takes, and is whole. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Provider } from '../../domain/provider.ts';
import { startTestSandbox, type TestSandbox } from '../../sandbox/testing/client.ts';
import { readFetched } from '../../test/support/settlement-files.ts';
import { anAuthorization, anOperation, assertApproved } from '../conformance/harness.ts';
import { createStripeProvider } from './provider.ts';
import { createStripeReports } from './reports.ts';

let sandbox: TestSandbox;
let stripe: Provider;
const options = (): { secretKey: string; url: string } => ({
  ...{ secretKey: 'sk_test_x', url: `${sandbox.url}/stripe` },
});
beforeAll(async () => {
  sandbox = await startTestSandbox();
  stripe = createStripeProvider({ ...options(), webhookSecrets: ['whsec_x'] });
});
afterAll(() => sandbox.close());

test('a payout with a sale, a part of another and a refund', async () => {
  const source = createStripeReports(options());
  expect(await readFetched(source)).toEqual([]);
  const sale = anAuthorization('tok_visa', { amountMinor: 5_000n, currency: 'EUR', capture: true });
  const sold = await stripe.authorize(sale);
  assertApproved(sold);
  const held = anAuthorization('tok_visa', { amountMinor: 3_000n, currency: 'EUR' });
  const authorized = await stripe.authorize(held);
  assertApproved(authorized);
  const capture = anOperation({ request: held, outcome: authorized }, 2_000n, true);
  assertApproved((await stripe.capture?.(capture)) ?? authorized);
  const back = anOperation({ request: sale, outcome: sold }, 700n);
  assertApproved((await stripe.refund?.(back)) ?? sold);
  await sandbox.advance(24 * 3_600);

  const [payout, ...others] = await readFetched(source);
  expect(others).toEqual([]);
  const lines = payout?.lines ?? [];
  expect(
    lines.map(({ kind, gross, reference, batch }) => [kind, gross, reference, batch]).toSorted(),
  ).toEqual(
    [
      ['capture', 5_000n, sale.reference, payout?.id],
      ['capture', 3_000n, held.reference, payout?.id],
      ['capture_reversal', -1_000n, held.reference, payout?.id],
      ['refund', -700n, back.reference, payout?.id],
      [
        'payout',
        lines.reduce((sum, { kind, net }) => (kind === 'payout' ? sum : sum + net), 0n),
        null,
        payout?.id,
      ],
    ].toSorted(),
  );
});

test('one that was uploaded, or fetched before, is not fetched again', async () => {
  const source = createStripeReports(options());
  const [payout] = await readFetched(source);
  const id = payout?.id ?? '';
  expect(await readFetched(source, [id])).toEqual([]);
  expect(await readFetched(source, [`payout/${id}`])).toEqual([]);
});

test('who does not answer is an error, and no file', async () => {
  const source = createStripeReports({ ...options(), url: 'http://127.0.0.1:2' });
  await expect(readFetched(source)).rejects.toThrow();
});
