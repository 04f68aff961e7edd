/** What providers told us: read by the lookups that answer it, closed by them, swept for what got lost. */
import { sql } from 'kysely';
import type {
  Approved,
  ProviderClaim,
  ProviderEvidence,
  ProviderOutcome,
} from '../domain/provider.ts';
import type { Told } from '../domain/told.ts';
import type { Db } from './client.ts';

export type InboxState =
  /** For its object, or for its payment's run to look. */
  | 'waiting'
  /** As `waiting`, and for so long that somebody should know. */
  | 'unmatched'
  | 'confirmed'
  | 'looked_up'
  | 'recorded'
  /** Another amount or currency than ours: kept for a person. */
  | 'mismatch';

type StoredOutcome =
  | Exclude<ProviderOutcome, Approved>
  | (Omit<Approved, 'amountMinor'> & { readonly amountMinor: string });

interface StoredClaim {
  readonly kind: ProviderClaim['kind'];
  readonly outcome: StoredOutcome;
}

/** Money as decimal strings of minor units, as in workflow payloads. */
export function encodeClaim({ kind, outcome }: ProviderClaim): string {
  const stored: StoredOutcome =
    outcome.kind === 'approved'
      ? { ...outcome, amountMinor: String(outcome.amountMinor) }
      : outcome;
  return JSON.stringify({ kind, outcome: stored } satisfies StoredClaim);
}

function decodeClaim({ kind, outcome }: StoredClaim): ProviderClaim {
  return {
    kind,
    outcome:
      outcome.kind === 'approved'
        ? { ...outcome, amountMinor: BigInt(outcome.amountMinor) }
        : outcome,
  };
}

interface ToldRow {
  readonly event_id: string;
  readonly state: InboxState;
  readonly claim: StoredClaim | null;
  readonly told_at: Date | null;
  readonly waited_ms: number;
}

/** All that a provider ever told of one attempt or operation, handled or not. */
export async function listTold(
  db: Db,
  provider: string,
  reference: string,
): Promise<readonly Told[]> {
  const { rows } = await sql<ToldRow>`
    select event_id, state, claim, told_at,
      (extract(epoch from tender_now() - received_at) * 1000)::float8 as waited_ms
    from inbox where provider = ${provider} and reference = ${reference}`.execute(db);
  return rows.map((row) => ({
    eventId: row.event_id,
    isOpen: row.state === 'waiting' || row.state === 'unmatched',
    claim: row.claim === null || row.state === 'mismatch' ? null : decodeClaim(row.claim),
    toldAt: row.told_at === null ? null : row.told_at.getTime(),
    waitedMs: row.waited_ms,
  }));
}

/**
 * Closes events before what answered them is recorded: whoever dies in between leaves the payment due, and
 * it is looked up again.
 */
export async function closeTold(
  db: Db,
  provider: string,
  eventIds: readonly string[],
  state: 'looked_up' | 'recorded',
  evidence: ProviderEvidence,
  known: string | null = null,
): Promise<void> {
  await sql`select close_told(${provider}, ${sql.val([...eventIds])}::text[], ${state},
    ${JSON.stringify(evidence)}::jsonb, ${known})`.execute(db);
}

/** Closes events that did nothing but announce reports which have been taken since. */
export async function closeAnnounced(
  db: Db,
  provider: string,
  reports: readonly string[],
): Promise<void> {
  await sql`select close_told(${provider}, array[event_id], 'looked_up',
      jsonb_build_object('kind', 'settlement', 'provider', provider, 'detail', reference), null)
    from inbox where provider = ${provider} and handled_at is null
      and reference = any(${sql.val([...reports])}::text[])`.execute(db);
}

export interface Swept {
  /** References whose object has appeared since. */
  readonly matched: number;
  /** Payments sent to look once more. */
  readonly woken: number;
  /** Events given up waiting for, and kept. */
  readonly unmatched: number;
}

export async function sweepInbox(
  db: Db,
  after: { readonly unmatchedMs: number; readonly againMs: number },
): Promise<Swept> {
  const { rows } = await sql<Swept>`
    select * from sweep_inbox(${after.unmatchedMs} * interval '1 millisecond',
      ${after.againMs} * interval '1 millisecond')`.execute(db);
  return rows[0] ?? { matched: 0, woken: 0, unmatched: 0 };
}
