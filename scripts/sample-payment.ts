/** One payment over HTTP, told line by line as it happens. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Endpoints } from '../runtime/local/endpoints.ts';

const paymentSchema = z.object({ id: z.string(), status: z.string() });
const timelineSchema = z.object({
  data: z.array(
    z.object({
      sequence: z.number(),
      at: z.string(),
      actor: z.unknown(),
      kind: z.string(),
      from: z.string().nullish(),
      to: z.string().nullish(),
      evidence: z.unknown(),
    }),
  ),
});
const entriesSchema = z.object({
  data: z.array(
    z.object({
      event: z.string(),
      state: z.string(),
      postings: z.array(
        z.object({
          account: z.string(),
          side: z.enum(['debit', 'credit']),
          amount: z.union([z.number(), z.string()]),
          currency: z.string(),
        }),
      ),
    }),
  ),
});

type TimelineLine = z.infer<typeof timelineSchema>['data'][number];

const sample = {
  amount: 2499,
  currency: 'EUR',
  capture_method: 'manual',
  payment_method: { type: 'card', token: 'tok_visa' },
  merchant_reference: 'sample',
} as const;
const patienceMs = 20_000;

/** Authorized, then captured, each line of its timeline printed as it happens, then its ledger. */
export async function runSamplePayment(
  { api }: Endpoints,
  print: (line: string) => void,
): Promise<void> {
  const read = <T>(schema: z.ZodType<T>, path: string): Promise<T> =>
    request(api, path, schema, { method: 'GET' });
  const payment = await post(api, '/v1/payments', sample);
  print(`A sample payment of 24.99 EUR: ${payment.id}`);
  const path = `/v1/payments/${payment.id}`;
  let printed = 0;
  const reach = (wanted: string): Promise<void> =>
    follow(wanted, async () => {
      const { status } = await read(paymentSchema, path);
      const { data } = await read(timelineSchema, `${path}/timeline?limit=100`);
      for (const line of data.slice(printed)) print(describeLine(line));
      printed = Math.max(printed, data.length);
      return status;
    });
  await reach('requires_capture');
  await post(api, `${path}/captures`, {});
  await reach('captured');
  print('In the ledger:');
  const entries = await read(entriesSchema, `/v1/ledger/journal_entries?payment_id=${payment.id}`);
  for (const entry of entries.data.toReversed()) {
    print(`  ${entry.event} (${entry.state})`);
    for (const { side, account, amount, currency } of entry.postings) {
      const shown = withPoint(String(amount)).padStart(8);
      print(`    ${side.padEnd(6)} ${account.padEnd(32)} ${shown} ${currency}`);
    }
  }
}

function post(
  api: Endpoints['api'],
  path: string,
  body: object,
): Promise<z.infer<typeof paymentSchema>> {
  return request(api, path, paymentSchema, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: {
      'Content-Type': 'application/json',
      'Idempotency-Key': `sample-${randomUUID()}`,
      // Answered at once, so that the timeline can be followed while it grows.
      Prefer: 'wait=0',
    },
  });
}

interface Call {
  readonly method: 'GET' | 'POST';
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function request<T>(
  api: Endpoints['api'],
  path: string,
  schema: z.ZodType<T>,
  { headers, ...init }: Call,
): Promise<T> {
  const response = await fetch(`${api.url}${path}`, {
    ...init,
    headers: { Authorization: `Bearer ${api.key}`, ...headers },
    signal: AbortSignal.timeout(patienceMs),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
  return schema.parse(JSON.parse(text));
}

/** The sample is in euros: two digits behind the point. */
function withPoint(amountMinor: string): string {
  const digits = amountMinor.padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

async function follow(wanted: string, look: () => Promise<string>): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const status = await look();
    if (status === wanted) return;
    if (performance.now() > deadline) throw new Error(`it is ${status}, not ${wanted}`);
    await sleep(50);
  }
}

function describeLine({ at, kind, from, to, actor, evidence }: TimelineLine): string {
  const time = at.slice(11, 23);
  const move = to == null ? '' : `${from ?? 'new'} → ${to}`;
  const reason = [named(actor), named(evidence)].filter((part) => part !== '').join(', ');
  return `  ${time}  ${kind.padEnd(28)} ${move.padEnd(36)} ${reason}`.trimEnd();
}

/** Actors and evidence are names, or objects that have one. */
function named(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  const { kind, name, id } = value as Readonly<Record<string, unknown>>;
  const first = [kind, name, id].find((part) => typeof part === 'string');
  return typeof first === 'string' ? first : '';
}
