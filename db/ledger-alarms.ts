/** Alarms of the books: opened by a broken proof, open until a person acknowledges them with a reason. */
import { sql } from 'kysely';
import type { Db } from './client.ts';

export interface LedgerAlarm {
  readonly id: string;
  readonly proof: string;
  readonly what: string;
  readonly raised_at: Date;
}

/** False: this finding is an open alarm already. */
export async function raiseAlarm(db: Db, proof: string, what: string): Promise<boolean> {
  const { rows } = await sql<{ raised: boolean }>`
    select raise_ledger_alarm(${proof}, ${what}) as raised`.execute(db);
  return rows[0]?.raised ?? false;
}

/** Oldest first. */
export async function listOpenAlarms(db: Db): Promise<readonly LedgerAlarm[]> {
  const { rows } = await sql<LedgerAlarm>`
    select id::text, proof, what, raised_at from open_ledger_alarms()`.execute(db);
  return rows;
}

/** False: there is no such alarm, or it was acknowledged before. */
export async function acknowledgeAlarm(
  db: Db,
  alarmId: string,
  actor: string,
  reason: string,
): Promise<boolean> {
  const { rows } = await sql<{ done: boolean }>`
    select acknowledge_ledger_alarm(${alarmId}::bigint, ${actor}, ${reason}) as done`.execute(db);
  return rows[0]?.done ?? false;
}

export async function isLedgerStopped(db: Db): Promise<boolean> {
  const { rows } = await sql<{ stopped: boolean }>`
    select ledger_is_stopped() as stopped`.execute(db);
  return rows[0]?.stopped ?? true;
}
