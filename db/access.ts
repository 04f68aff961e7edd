/** What is asked before a merchant is known. */
import { sql } from 'kysely';
import type { ProviderWebhook } from '../domain/provider.ts';
import type { Db } from './client.ts';
import { encodeClaim, type InboxState } from './inbox.ts';

export interface ApiKeyRow {
  readonly id: string;
  readonly merchant_id: string;
  readonly mode: 'test' | 'live';
  readonly scopes: readonly string[];
}

export async function findApiKey(db: Db, sha256: Buffer): Promise<ApiKeyRow | null> {
  const { rows } = await sql<ApiKeyRow>`select * from find_api_key(${sha256})`.execute(db);
  return rows[0] ?? null;
}

export async function merchantExists(db: Db, merchantId: string): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select merchant_exists(${merchantId}) as found`.execute(db);
  return rows[0]?.found ?? false;
}

/** Moves Tender's clock with the sandbox's; never backwards. */
export async function setClockOffset(db: Db, seconds: number): Promise<void> {
  await sql`select set_clock_offset(${seconds})`.execute(db);
}

export interface ReceivedWebhook {
  /** Null: about nothing of ours (yet). */
  readonly payment_id: string | null;
  readonly fresh: boolean;
  readonly state: InboxState;
}

export type NewWebhook = ProviderWebhook & { readonly provider: string; readonly raw: Buffer };

/**
 * One commit: raw event, deduplicated, and closed where it only confirms what is recorded; else its payment
 * is set in motion `delayMs` from now.
 */
export async function receiveWebhook(
  db: Db,
  event: NewWebhook,
  delayMs: number,
): Promise<ReceivedWebhook> {
  const claim = event.claim === undefined ? null : encodeClaim(event.claim);
  const toldAt = event.toldAt === undefined ? null : new Date(event.toldAt).toISOString();
  const { rows } = await sql<ReceivedWebhook>`
    select * from receive_webhook(${event.provider}, ${event.eventId}, ${event.type}, ${event.reference},
      ${event.raw}, ${delayMs}, ${claim}::jsonb, ${toldAt}::timestamptz)`.execute(db);
  const [received] = rows;
  if (received === undefined) throw new Error('no answer from receive_webhook');
  return received;
}

export interface ReturnRow {
  readonly payment_id: string;
  readonly merchant_id: string;
  readonly return_url: string | null;
}

/** Who comes back from a provider's page; keeps what they bring and sets the attempt's payment in motion. */
export async function arriveAtReturn(
  db: Db,
  token: string,
  returned: string | null = null,
): Promise<ReturnRow | null> {
  const { rows } = await sql<ReturnRow>`
    select * from arrive_at_return(${token}, ${returned})`.execute(db);
  return rows[0] ?? null;
}

/** What the shopper brought back from the page of this attempt, each once, in the order it came. */
export async function listReturned(db: Db, attemptId: string): Promise<readonly string[]> {
  const { rows } = await sql<{ returned: string }>`
    select returned from page_returns where attempt_id = ${attemptId} order by place`.execute(db);
  return rows.map(({ returned }) => returned);
}

export async function databaseAnswers(db: Db): Promise<boolean> {
  try {
    await sql`select 1`.execute(db);
    return true;
  } catch {
    return false;
  }
}
