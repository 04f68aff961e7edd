import { sql, type Transaction } from 'kysely';
import type { Database } from './database.ts';
import type { Db } from './client.ts';

export interface KeyClaim {
  readonly merchant_id: string;
  readonly person: string;
  readonly key: string;
  /** SHA-256 in hex over mode, method, path and canonical body. */
  readonly fingerprint: string;
  readonly method: string;
  readonly path: string;
}

/** A key that was used before: for which resource, and with which frozen answer, if it is clear yet. */
export interface HeldKey extends KeyClaim {
  readonly resource_kind: 'payment' | 'operation' | 'refund' | 'dispute';
  readonly payment_id: string;
  readonly awaits_id: string;
  readonly answer_status: 200 | 201 | 402 | 409 | null;
  readonly answer_code: string | null;
  readonly answer_detail: string | null;
  /** The payment's snapshot at the moment it became clear. */
  readonly answer: unknown;
  /** The payment, when nothing is clear because an outcome is unknown. */
  readonly in_doubt?: unknown;
}

/** Null: the key is ours now. Waits while another transaction is claiming the same key. */
export async function claimKey(
  trx: Transaction<Database>,
  claim: KeyClaim,
  resource: { kind: HeldKey['resource_kind']; paymentId: string; awaitsId: string },
): Promise<HeldKey | null> {
  const k = {
    ...claim,
    resource_kind: resource.kind,
    payment_id: resource.paymentId,
    awaits_id: resource.awaitsId,
  };
  const { rows } = await sql<{ held: HeldKey | null }>`
    select claim_key(${JSON.stringify(k)}::jsonb) as held`.execute(trx);
  return rows[0]?.held ?? null;
}

export async function readKey(
  db: Db,
  claim: Pick<KeyClaim, 'merchant_id' | 'person' | 'key'>,
): Promise<HeldKey | null> {
  const { rows } = await sql<{ held: HeldKey | null }>`
    select read_key(${claim.merchant_id}, ${claim.person}, ${claim.key}) as held`.execute(db);
  return rows[0]?.held ?? null;
}

/** Of this key alone: others may wait for the same payment. */
export async function freezeRefusal(
  trx: Transaction<Database>,
  claim: KeyClaim,
  code: string,
  detail: string,
  snapshot: unknown,
): Promise<void> {
  await sql`
    update idempotency_keys
    set answer_status = 409, answer_code = ${code}, answer_detail = ${detail}, answer = ${JSON.stringify(snapshot)}::jsonb
    where merchant_id = ${claim.merchant_id} and person = ${claim.person} and key = ${claim.key}`.execute(
    trx,
  );
}
