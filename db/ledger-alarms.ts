/** Alarms of the books: opened by a broken proof, open until a person acknowledges them with a reason. */
import { sql } from 'kysely';
import type { Db } from './client.ts';

export interface LedgerAlarm {
  readonly id: string;
  readonly proof: string;
  readonly what: string;
  readonly raised_at: Date;
}

/** False: of this proof an alarm is open already. */
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

export interface LedgerStanding {
  readonly stopped: boolean;
  /** Since a run of the proofs last came to its end, whatever it found. */
  readonly unprovedSeconds: number;
}

export async function findStanding(db: Db): Promise<LedgerStanding> {
  const { rows } = await sql<LedgerStanding>`
    select ledger_is_stopped() as stopped, ledger_unproved_seconds() as "unprovedSeconds"`.execute(
    db,
  );
  return rows[0] ?? { stopped: true, unprovedSeconds: Infinity };
}

/** A run of the proofs has come to its end. */
export async function noteProved(db: Db): Promise<void> {
  await sql`select note_ledger_proved()`.execute(db);
}
