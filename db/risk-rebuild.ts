/**
 * Makes the past of all payments again from payments, timeline and disputes, while payments go on: for a
 * database from before there was any, after a change of `risk_key`, and for those who doubt it.
 */
import { sql } from 'kysely';
import type { Db } from './client.ts';
import type { Counters } from '../domain/risk/counters.ts';
import {
  countedColumns,
  countedEvent,
  countIn,
  holdCounters,
  writeCounters,
} from './risk-counters.ts';
import type { CountedRow } from './risk-counters.ts';

const paymentsAtOnce = 1_000;
const eventsAtOnce = 5_000;

export interface Rebuilt {
  readonly payments: number;
  /** Written or taken back: 0 where nothing was wrong. */
  readonly corrected: number;
  readonly counted: number;
}

export async function rebuildRisk(db: Db): Promise<Rebuilt> {
  let [payments, corrected, after] = [0, 0, ''];
  for (;;) {
    const page = await correctSome(db, after);
    payments += page.payments;
    corrected += page.corrected;
    if (page.last === null) break;
    after = page.last;
  }
  return { payments, corrected, counted: await recount(db) };
}

interface Corrected {
  readonly payments: number;
  readonly corrected: number;
  readonly last: string | null;
}

/** What was counted of an event that is taken back is put right by the recount. */
async function correctSome(db: Db, after: string): Promise<Corrected> {
  const { rows } = await sql<Corrected>`
    select * from correct_risk_events(${after}, ${paymentsAtOnce})`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error('no answer from correct_risk_events');
  return row;
}

/**
 * In one snapshot: an event that commits meanwhile is in none of what is read here, and is waiting to be folded
 * afterwards. The lock comes first, since the snapshot is that of the first statement after it.
 */
export async function recount(db: Db): Promise<number> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (trx) => {
      await holdCounters(trx);
      await sql`delete from risk_counters`.execute(trx);
      await sql`delete from risk_unfolded`.execute(trx);
      const counters = new Map<string, Counters>();
      let [counted, id, kind] = [0, '', 0];
      for (;;) {
        const { rows } = await sql<CountedRow & { readonly id: string }>`
          select id, ${countedColumns} from risk_events
          where (id, kind) > (${id}, ${kind}) order by id, kind limit ${eventsAtOnce}`.execute(trx);
        for (const row of rows) countIn(counters, countedEvent(row));
        counted += rows.length;
        const last = rows.at(-1);
        if (last === undefined || rows.length < eventsAtOnce) break;
        ({ id, kind } = last);
      }
      await writeCounters(trx, counters);
      return counted;
    });
}
