/** What Stripe pays out, fetched as its API tells it, is a file that our reader takes, and is whole. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { CanonicalLine } from '../../domain/settlement-file.ts';
import type { Provider } from '../../domain/provider.ts';
import { startTestSandbox, type TestSandbox } from '../../sandbox/testing/client.ts';
import { openFile } from '../../settlement/read-file.ts';
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

async function readAll(file: AsyncIterable<Buffer>): Promise<readonly CanonicalLine[]> {
  const { reading } = await openFile(file, {
    kind: 'settlement',
    provider: 'stripe',
    isWhole: true,
  });
  const lines: CanonicalLine[] = [];
  for (let next = await reading.next(); ; next = await reading.next()) {
    if (next.done === true) return lines;
    lines.push(...next.value);
  }
}

test('a payout with a sale, a part of another and a refund', async () => {
  const source = createStripeReports(options());
  expect(await source.list()).toEqual([]);
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

  const [payout, ...others] = await source.list();
  expect(others).toEqual([]);
  const lines = await readAll(source.read(payout?.id ?? ''));
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

test('one that is not there, or whose account is another, is an error and no file', async () => {
  const source = createStripeReports(options());
  await expect(readAll(source.read('po_none'))).rejects.toThrow();
});
