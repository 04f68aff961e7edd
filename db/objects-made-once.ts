/** What one commit makes and answers at once: key, rows and frozen answer together, or nothing. */
import { sql, type Transaction } from 'kysely';
import type { Db } from './client.ts';
import type { Database } from './database.ts';
import type { KeyClaim } from './idempotency-keys.ts';
import { asMerchant } from './payments.ts';

export type MadeOnce<T> =
  | { readonly kind: 'made'; readonly object: T; readonly replayed: boolean }
  | { readonly kind: 'key_reused' }
  /** Said by `make` for what cannot be made: nothing is written and the key stays unused. */
  | { readonly kind: 'refused' };

interface HeldObject {
  readonly fingerprint: string;
  readonly answer: unknown;
}

class Refused extends Error {}

/**
 * A repeat gets the first answer for ever, as it was then; another body under the key is `key_reused`.
 * `make` may answer null: refused. Two at once: the second waits for the first one's commit.
 */
export async function makeOnce<T extends { readonly id: string }>(
  db: Db,
  key: KeyClaim,
  make: (trx: Transaction<Database>) => Promise<T | null>,
  statusOf: (object: T) => 200 | 201 | 409 = () => 201,
): Promise<MadeOnce<T>> {
  try {
    return await asMerchant(db, key.merchant_id, async (trx) => {
      const held = await claim(trx, key);
      if (held !== null) return repeat<T>(key, held);
      const object = await make(trx);
      // Rolls the claim back with everything else.
      if (object === null) throw new Refused();
      await freeze(trx, key, object, statusOf(object));
      return { kind: 'made', object, replayed: false };
    });
  } catch (error) {
    if (error instanceof Refused) return { kind: 'refused' };
    throw error;
  }
}

function repeat<T>(key: KeyClaim, held: HeldObject): MadeOnce<T> {
  if (held.fingerprint !== key.fingerprint) return { kind: 'key_reused' };
  return { kind: 'made', object: held.answer as T, replayed: true };
}

async function claim(trx: Transaction<Database>, key: KeyClaim): Promise<HeldObject | null> {
  const k = { ...key, resource_kind: 'object', payment_id: '', awaits_id: '' };
  const { rows } = await sql<{ held: HeldObject | null }>`
    select claim_key(${JSON.stringify(k)}::jsonb) as held`.execute(trx);
  return rows[0]?.held ?? null;
}

async function freeze(
  trx: Transaction<Database>,
  key: KeyClaim,
  object: unknown,
  status: number,
): Promise<void> {
  await sql`
    update idempotency_keys set answer_status = ${status}, answer = ${JSON.stringify(object)}::jsonb
    where merchant_id = ${key.merchant_id} and person = ${key.person} and key = ${key.key}`.execute(
    trx,
  );
}
