/** What a merchant has decided about itself: one version at a time, each change by two people. */
import { sql, type Transaction } from 'kysely';
import type { PayoutDestination } from '../domain/payout.ts';
import type { RiskSettings } from '../domain/risk/settings.ts';
import { askOnce, type ApprovalRow } from './approvals.ts';
import type { Db } from './client.ts';
import type { Database } from './database.ts';

export interface MerchantSettings {
  readonly merchant_id: string;
  readonly version: number;
  /** Minor units by currency; null: no refund needs a second person. */
  readonly refund_limits: Readonly<Record<string, number>> | null;
  readonly payouts: PayoutSettings;
  readonly risk: RiskSettings;
}

/** Of a facilitator's merchant. What is left out has its default. */
export interface PayoutSettings {
  /** After so many days what was captured is available; null: once its provider has announced it. */
  readonly delay_days?: number | null | undefined;
  /** Of what becomes available, kept back for `reserve_days`. */
  readonly reserve_basis_points?: number | undefined;
  readonly reserve_days?: number | undefined;
  readonly schedule?: 'manual' | 'daily' | 'weekly' | undefined;
  /** Minor units by currency. */
  readonly minimums?: Readonly<Record<string, number>> | undefined;
  readonly destinations?: Readonly<Record<string, PayoutDestination>> | undefined;
}

/** What people ask for; `payouts` and `risk` left out stay as they are. */
export interface SettingsInput {
  readonly refund_limits: MerchantSettings['refund_limits'];
  readonly payouts?: PayoutSettings | undefined;
  readonly risk?: RiskSettings | undefined;
}

export async function readSettings(
  db: Db | Transaction<Database>,
  merchantId: string,
): Promise<MerchantSettings | null> {
  const { rows } = await sql<MerchantSettings>`
    select id as merchant_id, settings_version as version, refund_limits, payouts, risk from merchants
    where id = ${merchantId}`.execute(db);
  return rows[0] ?? null;
}

/** As `readSettings`, and they stay so until the transaction ends: all that changes them comes through here. */
export async function lockSettings(
  trx: Transaction<Database>,
  merchantId: string,
): Promise<MerchantSettings | null> {
  await sql`select pg_advisory_xact_lock(hashtext(${`settings of ${merchantId}`}))`.execute(trx);
  return readSettings(trx, merchantId);
}

export interface SettingsAsked {
  readonly merchantId: string;
  readonly expected: number;
  readonly settings: SettingsInput;
  readonly actor: string;
  readonly reason: string;
  readonly lifeMs: number;
}

/** A repeat is the same request. Null: they are not at version `expected` any more. */
export async function askForSettings(db: Db, asked: SettingsAsked): Promise<ApprovalRow | null> {
  return db.transaction().execute(async (trx) => {
    const now = await lockSettings(trx, asked.merchantId);
    const { merchantId, settings, expected: version, ...by } = asked;
    const binds = { id: merchantId, version };
    const request = {
      kind: 'merchant_settings',
      merchantId,
      binds,
      request: settings,
      ...by,
    } as const;
    return askOnce(trx, request, now?.version === version);
  });
}

/** Refused by the database without an approval that is approved. */
export async function applySettings(trx: Transaction<Database>, approvalId: string): Promise<void> {
  const { rows } = await sql<{ version: number | null }>`
    select apply_merchant_settings(${approvalId}) as version`.execute(trx);
  if (rows[0]?.version == null) throw new Error(`the settings of ${approvalId} come too late`);
}
