/** Merchants and API keys of a local installation. Running it again changes nothing but the keys' hashes. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from './client.ts';

export interface SeedMerchant {
  readonly id: string;
  readonly name: string;
  readonly apiKey: string;
  readonly fundModel: 'own' | 'facilitator';
  readonly uniqueReference: boolean;
  /** What one person alone may refund of a payment, by currency; null: all. Of one that is there already: two people change it. */
  readonly refundLimits?: Readonly<Record<string, number>> | null | undefined;
}

export const allScopes = [
  'payments:read',
  'payments:write',
  'refunds:write',
  'ledger:read',
  'events:read',
  'payouts:read',
  'payouts:write',
] as const;

/** Needs a connection that acts as `tender_owner`. */
export async function seedMerchants(db: Db, merchants: readonly SeedMerchant[]): Promise<void> {
  for (const m of merchants) {
    const limits = m.refundLimits == null ? null : JSON.stringify(m.refundLimits);
    await sql`
      insert into merchants (id, name, fund_model, unique_reference, refund_limits)
      values (${m.id}, ${m.name}, ${m.fundModel}, ${m.uniqueReference}, ${limits}::jsonb)
      on conflict (id) do update set name = excluded.name`.execute(db);
    const hash = createHash('sha256').update(m.apiKey).digest();
    await sql`
      insert into api_keys (merchant_id, name, mode, secret_hash, last4, scopes)
      values (${m.id}, 'local', ${m.apiKey.startsWith('tk_live_') ? 'live' : 'test'}, ${hash},
        ${m.apiKey.slice(-4)}, ${sql.val([...allScopes])})
      on conflict (secret_hash) do nothing`.execute(db);
  }
}
