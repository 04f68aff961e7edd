/** Applies a domain change: one SQL function, one round trip, one commit. */
import { sql, type Transaction } from 'kysely';
import type { Change } from '../domain/change.ts';
import type { PaymentState } from '../domain/payment-state.ts';
import type { Db } from './client.ts';
import type { Database } from './database.ts';
import { encodeEntry } from './ledger-posting.ts';
import type { PaymentSnapshot } from './snapshot.ts';

export interface Committed {
  /** False: the payment has moved on since it was read; `snapshot` is the truth to decide on again. */
  readonly committed: boolean;
  readonly snapshot: PaymentSnapshot;
  /** The idempotency keys whose answer this commit froze; its body is `snapshot`. */
  readonly frozen?: readonly FrozenKey[];
}

export interface FrozenKey {
  readonly person: string;
  readonly key: string;
  readonly status: 200 | 201 | 402 | 409;
  readonly code: string | null;
  readonly detail: string | null;
}

export async function commitChange(
  db: Db | Transaction<Database>,
  payment: PaymentState,
  change: Change,
): Promise<Committed> {
  // Apart, so that payments without disputes pay nothing for them.
  const value = JSON.stringify(encodeChange(payment, change));
  const call =
    change.disputes === undefined
      ? sql<{ result: Committed }>`select commit_change(${value}::jsonb) as result`
      : sql<{ result: Committed }>`select commit_with_disputes(${value}::jsonb) as result`;
  const { rows } = await call.execute(db);
  const result = rows[0]?.result;
  if (result === undefined) throw new Error(`no answer from commit_change for ${payment.id}`);
  return result;
}

export function encodeChange(payment: PaymentState, change: Change): unknown {
  return {
    ...(columns(change) as object),
    entries: (change.entries ?? []).map((entry) =>
      encodeEntry({ ...entry, merchantId: payment.merchantId, paymentId: payment.id }),
    ),
    timeline: columns(change.timeline),
    events: columns(change.events ?? []),
    payment_id: payment.id,
    version: String(payment.version),
  };
}

// prettier-ignore
const instants: ReadonlySet<string> = new Set([
  'submitBy', 'sendBy', 'keyHorizon', 'dueAt', 'expiresAt', 'parkedAt', 'remindAt',
]);

/** Keys below these are data of ours or the provider's, not columns. */
// prettier-ignore
const documents: ReadonlySet<string> = new Set([
  'paymentMethod', 'nextAction', 'lastDecline', 'statusBasis', 'basis', 'decline', 'failure', 'route', 'evidence',
  'facts', 'lists', 'reasons', 'shadows', 'tightenings',
]);

/** camelCase fields to columns, bigint to decimal strings, ms to ISO; undefined fields are left out. */
function columns(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return value.map((item) => columns(item));
  if (value === null || typeof value !== 'object') return value;
  const out: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    if (inner === undefined) continue;
    const column = key.replaceAll(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
    if (documents.has(key)) out[column] = inner;
    else if (instants.has(key) && typeof inner === 'number') {
      out[column] = new Date(inner).toISOString();
    } else out[column] = columns(inner);
  }
  return out;
}
