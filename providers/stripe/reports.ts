/**
 * Stripe's payouts, each with the balance transactions it is made of, written down as one file: as the API gives
 * them, without waiting for a report that somebody would have to order.
 */
import type Stripe from 'stripe';
import type { ReportSource } from '../../domain/report-source.ts';
import { createStripeClient } from './client.ts';
import { stripeContract } from './contract.ts';
import { referenceField } from './outcomes.ts';

export interface StripeReportOptions {
  readonly secretKey: string;
  /** Undefined: Stripe itself. */
  readonly url: string | undefined;
}

const pageSize = 100;
/** Transactions a piece of the file holds. */
const piece = 500;

export function createStripeReports(options: StripeReportOptions): ReportSource {
  const stripe = createStripeClient({ ...options, contract: stripeContract });
  return {
    ...{ provider: 'stripe', kind: 'settlement' },
    async *fetch(known) {
      for (const id of await listPayouts(stripe)) {
        // As the reader of the file names its part: then one that was uploaded is not fetched again.
        if (known.has(id) || known.has(`payout/${id}`)) continue;
        yield { id, fileName: `${id}.jsonl`, span: null, bytes: readPayout(stripe, id) };
      }
    },
  };
}

/** Those that are whole, oldest first. */
async function listPayouts(stripe: Stripe): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const payout of stripe.payouts.list({ limit: pageSize })) {
    // Until it is made up, transactions are still added to it; of one by hand they are not known.
    if (payout.automatic && payout.reconciliation_status === 'completed') ids.push(payout.id);
  }
  return ids.reverse();
}

async function* readPayout(stripe: Stripe, id: string): AsyncGenerator<Buffer> {
  const payout = await stripe.payouts.retrieve(id);
  const { amount, currency } = payout;
  let lines = [
    { record: 'header', provider: 'stripe', payout: { id, currency, amount } } as object,
  ];
  let count = 0;
  const listed = { payout: id, limit: pageSize, expand: ['data.source'] };
  for await (const transaction of stripe.balanceTransactions.list(listed)) {
    lines.push(lineOf(transaction));
    count += 1;
    if (lines.length < piece) continue;
    yield written(lines);
    lines = [];
  }
  // What the connection broke off before it has no footer, and is refused.
  yield written([...lines, { record: 'footer', count }]);
}

function written(lines: readonly object[]): Buffer {
  return Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

function lineOf(transaction: Stripe.BalanceTransaction): object {
  const { id, amount, fee, net, currency, created, reporting_category, source } = transaction;
  return {
    ...{ record: 'transaction', id, amount, fee, net, currency, reporting_category, created },
    source: sourceOf(source),
  };
}

interface Source {
  readonly id: string;
  readonly metadata?: Readonly<Record<string, string>> | null;
  readonly payment_intent?: string | { readonly id: string } | null;
}

/** Whatever it is, it has an id; what we asked for has our reference, and what is of a payment its intent. */
function sourceOf(source: Stripe.BalanceTransaction['source']): object | null {
  if (source === null) return null;
  if (typeof source === 'string') return { id: source, reference: null, payment_intent: null };
  const { id, metadata, payment_intent: intent } = source as Source;
  return {
    id,
    reference: metadata?.[referenceField] ?? null,
    payment_intent: typeof intent === 'object' ? (intent?.id ?? null) : (intent ?? null),
  };
}
