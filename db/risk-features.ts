/** Features of a payment out of PostgreSQL: what happened is written down, and read when a payment is judged. */
import { sql, type Transaction } from 'kysely';
import { count, emptyCounters, type Counters } from '../domain/risk/counters.ts';
import { featuresOf, type FeatureVector } from '../domain/risk/features.ts';
import {
  agedEntities,
  riskEventKinds,
  sameAmountKey,
  shopperEntities,
  type Past,
  type PastEvent,
  type PaymentFacts,
  type RiskEvent,
  type ShopperPast,
} from '../domain/risk/past.ts';
import type { Db } from './client.ts';
import type { Database } from './database.ts';

/**
 * Writes down what is new of this payment: its tries, how they ended, that one was fraud. Any number of times:
 * each thing counts once. Best in the transaction that made it happen; after it is soon enough. Answers how
 * much was new.
 */
export async function recordRiskEvents(
  db: Db | Transaction<Database>,
  paymentId: string,
): Promise<number> {
  const { rows } = await sql<{ recorded: number }>`
    select record_risk_events(${paymentId}) as recorded`.execute(db);
  return rows[0]?.recorded ?? 0;
}

export interface ReadFeatures {
  readonly facts: PaymentFacts;
  readonly features: FeatureVector;
  /** Ms since the epoch, by the database's clock. */
  readonly asOf: number;
}

/** One round trip. `asOf` null: now. Throws where there is no such payment. */
export async function readFeatures(
  db: Db | Transaction<Database>,
  paymentId: string,
  asOf: number | null = null,
): Promise<ReadFeatures> {
  const { rows } = await sql<{ past: string | null }>`
    select read_risk_past(${paymentId}, ${asOf}) as past`.execute(db);
  const past = rows[0]?.past;
  if (past == null) throw new Error(`payment ${paymentId} is not there`);
  return featuresOfPast(past);
}

/** Of what `read_risk_past` answers for a payment that is there. */
export function featuresOfPast(told: string): ReadFeatures {
  const past = told.split('\n');
  const row = Object.fromEntries(lines.map((name, place) => [name, past[place] ?? ''])) as PastRow;
  const facts = JSON.parse(row.facts) as PaymentFacts;
  const at = Number(row.as_of);
  return { facts, features: featuresOf(facts, pastOf(facts, row), at), asOf: at };
}

/** As `read_risk_past` answers; empty: there is none. */
const lines = [
  ...(['as_of', 'facts', 'firsts', 'card', 'customer', 'email', 'device', 'ip'] as const),
  ...(['merchant', 'bin', 'same_amount', 'of_merchant', 'of_bin'] as const),
] as const;
type PastRow = Readonly<Record<(typeof lines)[number], string>>;

function pastOf(facts: PaymentFacts, row: PastRow): Past {
  const read = numbers(row.firsts);
  const firsts = new Map<string, number>(
    agedEntities.map((name, place) => [name, read[place] ?? 0]),
  );
  const [card, customer, email, device, ip] = shopperEntities.map((entity) =>
    facts[entity] === null ? null : shopperPast(firsts.get(entity) ?? 0, row[entity]),
  ) as [ShopperPast, ShopperPast, ShopperPast, ShopperPast, ShopperPast];
  const merchant = parseCounters(row.merchant);
  const bin = facts.bin === null ? null : parseCounters(row.bin);
  const sameAmount = sameAmountKey(facts) === null ? null : parseCounters(row.same_amount);
  for (const { event, isSame } of unfolded(facts, row.of_merchant, 5)) {
    count(merchant, event);
    if (isSame && sameAmount !== null) count(sameAmount, event);
  }
  for (const { event } of unfolded(facts, row.of_bin, 4)) if (bin !== null) count(bin, event);
  return { card, customer, email, device, ip, merchant, bin, sameAmount };
}

function numbers(text: string): readonly number[] {
  return text === '' ? [] : (JSON.parse(`[${text}]`) as number[]);
}

function shopperPast(first: number, text: string): ShopperPast {
  const read = numbers(text);
  const events: PastEvent[] = [];
  for (let place = 0; place < read.length; place += 4) {
    const [at, amount, card] = [read[place + 1] ?? 0, read[place + 2] ?? 0, read[place + 3] ?? 0];
    events.push({ kind: kindOf(read[place]), at, amount, card: card === 0 ? null : card });
  }
  return { firstAt: first === 0 ? null : first, events };
}

function kindOf(code: number | undefined): RiskEvent['kind'] {
  const kind = riskEventKinds[(code ?? 0) - 1];
  if (kind === undefined) throw new Error(`risk event of kind ${String(code)}`);
  return kind;
}

function* unfolded(
  facts: PaymentFacts,
  text: string,
  width: 4 | 5,
): Generator<{ readonly event: RiskEvent; readonly isSame: boolean }> {
  const read = numbers(text);
  for (let place = 0; place < read.length; place += width) {
    const [at, attemptAt, amount] = [
      read[place + 1] ?? 0,
      read[place + 2] ?? 0,
      read[place + 3] ?? 0,
    ];
    const event = { ...facts, kind: kindOf(read[place]), at, attemptAt, amount };
    yield { event, isSame: amount === facts.amount && read[place + 4] === 1 };
  }
}

/** Empty: none yet. */
export function parseCounters(text: string): Counters {
  return text === '' ? emptyCounters() : (JSON.parse(text) as Counters);
}
