/** Counters of merchants, BINs and small amounts: folded from what payments append, by one keeper at a time. */
import { sql, type Transaction } from 'kysely';
import { count, emptyCounters, type Counters } from '../domain/risk/counters.ts';
import { riskEventKinds, sameAmountKey, type RiskEvent } from '../domain/risk/past.ts';
import type { Db } from './client.ts';
import type { Database } from './database.ts';
import { parseCounters } from './risk-features.ts';

type Trx = Transaction<Database>;

const eventsAtOnce = 2_000;
const countersAtOnce = 1_000;

/** All that is waiting, each event once, however often and by however many it is called; answers how many. */
export async function foldRiskEvents(db: Db): Promise<number> {
  let total = 0;
  for (;;) {
    const folded = await db.transaction().execute(foldSome);
    total += folded;
    if (folded < eventsAtOnce) return total;
  }
}

async function foldSome(trx: Trx): Promise<number> {
  await holdCounters(trx);
  const { rows } = await sql<CountedRow>`
    delete from risk_unfolded where sequence = any (array(
      select sequence from risk_unfolded order by sequence limit ${eventsAtOnce}))
    returning ${countedColumns}`.execute(trx);
  const events = rows.map(countedEvent);
  const counters = await readCounters(trx, [...new Set(events.flatMap(countersOf))]);
  for (const event of events) countIn(counters, event);
  await writeCounters(trx, counters);
  return rows.length;
}

/** One folds at a time; who reads waits for nobody. */
export async function holdCounters(trx: Trx): Promise<void> {
  await sql`lock table risk_counters in share row exclusive mode`.execute(trx);
}

/** As numbers: safe by the limit of `risk_amount`. */
export const countedColumns = sql`
  kind, merchant_id, at::float8 as at, attempt_at::float8 as attempt_at, amount::float8 as amount, currency, bin`;

export interface CountedRow {
  readonly kind: number;
  readonly merchant_id: string;
  readonly at: number;
  readonly attempt_at: number;
  readonly amount: number;
  readonly currency: string;
  readonly bin: string | null;
}

export function countedEvent(row: CountedRow): RiskEvent {
  const kind = riskEventKinds[row.kind - 1];
  if (kind === undefined) throw new Error(`risk event of kind ${String(row.kind)}`);
  return {
    ...{ kind, merchant: row.merchant_id, currency: row.currency, bin: row.bin },
    ...{ at: row.at, attemptAt: row.attempt_at, amount: row.amount },
    ...{ card: null, customer: null, email: null, device: null, ip: null },
  };
}

/** `kind key`: the counters that an event is part of. */
function countersOf(event: RiskEvent): readonly string[] {
  const same = sameAmountKey(event);
  return [
    `merchant ${event.merchant}`,
    ...(event.bin === null ? [] : [`bin ${event.bin}`]),
    ...(same === null ? [] : [`same_amount ${same}`]),
  ];
}

/** By the names of `countersOf`; those that are missing are begun. */
export function countIn(counters: Map<string, Counters>, event: RiskEvent): void {
  for (const name of countersOf(event)) {
    const known = counters.get(name) ?? emptyCounters();
    counters.set(name, known);
    count(known, event);
  }
}

async function readCounters(trx: Trx, names: readonly string[]): Promise<Map<string, Counters>> {
  const { rows } = await sql<{ name: string; counters: string }>`
    select n.name, coalesce(k.counters, '') as counters from unnest(${sql.val([...names])}::text[]) n (name)
    left join risk_counters k on k.kind = split_part(n.name, ' ', 1) and k.key = split_part(n.name, ' ', 2)`.execute(
    trx,
  );
  return new Map(rows.map(({ name, counters }) => [name, parseCounters(counters)]));
}

export async function writeCounters(
  trx: Trx,
  counters: ReadonlyMap<string, Counters>,
): Promise<void> {
  const all = [...counters];
  for (let from = 0; from < all.length; from += countersAtOnce) {
    const some = all.slice(from, from + countersAtOnce);
    const names = some.map(([name]) => name);
    const texts = some.map(([, one]) => JSON.stringify(one));
    await sql`
      insert into risk_counters (kind, key, counters)
      select split_part(n.name, ' ', 1), split_part(n.name, ' ', 2), n.counters
      from unnest(${sql.val(names)}::text[], ${sql.val(texts)}::text[]) n (name, counters)
      on conflict (kind, key) do update set counters = excluded.counters`.execute(trx);
  }
}
