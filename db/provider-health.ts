/** The health of providers as all processes share it, and the rules that are read along with it. */
import { sql } from 'kysely';
import type { StoredRules } from '../domain/routing-rules.ts';
import type { Db } from './client.ts';

/** Spans are ms from the moment of reading; null or negative: over, or there is none. */
export interface ProviderHealthRow {
  readonly provider: string;
  readonly is_open: boolean;
  readonly reason: string;
  readonly opened_at: string | null;
  readonly openings: number;
  readonly retry_in_ms: number | null;
  readonly probing_ms: number | null;
  readonly left_alone_ms: number | null;
}

export interface RoutingReading {
  readonly version: number;
  /** Null: still the version that is known. */
  readonly rules: StoredRules | null;
  /** Processes that call providers, this one included. */
  readonly callers: number;
  readonly health: readonly ProviderHealthRow[];
}

/** Also says that `process` is alive, if it is a caller: one that the rates are shared with. */
export async function readRouting(
  db: Db,
  process: string,
  knownVersion: number,
  isCaller = true,
): Promise<RoutingReading> {
  const { rows } = await sql<{ reading: RoutingReading }>`
    select read_routing(${process}, ${knownVersion}, ${isCaller}) as reading`.execute(db);
  const reading = rows[0]?.reading;
  if (reading === undefined) throw new Error('no answer from read_routing');
  return reading;
}

/** Opens it for everybody; nothing if it is open already. */
export async function openProvider(
  db: Db,
  process: string,
  provider: string,
  reason: string,
): Promise<void> {
  await sql`select open_provider(${provider}, ${process}, ${reason})`.execute(db);
}

/** True for one caller at a time, once it is time for it; the claim ends by itself after `forMs`. */
export async function claimProbe(
  db: Db,
  process: string,
  provider: string,
  forMs: number,
): Promise<boolean> {
  const { rows } = await sql<{ claimed: boolean }>`
    select claim_probe(${provider}, ${process}, ${forMs}) as claimed`.execute(db);
  return rows[0]?.claimed ?? false;
}

/** Closes it, or keeps it open for longer than before; nothing if the claim is somebody else's by now. */
export async function endProbe(
  db: Db,
  process: string,
  provider: string,
  isWell: boolean,
  reason: string,
): Promise<void> {
  await sql`select end_probe(${provider}, ${process}, ${isWell}, ${reason})`.execute(db);
}

export async function leaveProviderAlone(db: Db, provider: string, forMs: number): Promise<void> {
  await sql`select leave_provider_alone(${provider}, ${forMs})`.execute(db);
}
