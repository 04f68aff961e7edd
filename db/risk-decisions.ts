/** What was decided about payments, each screening once and for ever; read by staff, dry runs and training. */
import { sql, type Transaction } from 'kysely';
import type { PastDecision } from '../domain/risk/dry-run.ts';
import type { Facts } from '../domain/risk/facts.ts';
import type { ListView } from '../domain/risk/lists.ts';
import type { RiskAction } from '../domain/risk/rules.ts';
import type { Db } from './client.ts';
import type { Database } from './database.ts';

export interface RiskDecisionRow {
  readonly payment_id: string;
  /** Of the attempt that was to follow. */
  readonly attempt_number: number;
  readonly merchant_id: string;
  readonly outcome: RiskAction;
  /** The one that decided first; each says its `kind` and what belongs to it. */
  readonly reasons: readonly Readonly<Record<string, unknown>>[];
  /** Calibrated, 0 to 1; null: there was none. */
  readonly score: number | null;
  /** What the score alone asks for; null: there was none. */
  readonly score_action: RiskAction | null;
  readonly model_version: string | null;
  readonly global_rules_version: number;
  readonly merchant_rules_version: number;
  readonly facts: Facts;
  readonly lists: ListView;
  readonly mode: 'scored' | 'allow_with_rules' | 'challenge' | 'block';
  /** Exactly where it was not scored. */
  readonly fail_reason: string | null;
  /** ISO 8601. */
  readonly at: string;
}

/** Answers what stands: whoever screens again, after a crash or beside another, gets the first decision. */
export async function recordDecision(
  trx: Transaction<Database>,
  decision: Omit<RiskDecisionRow, 'at'>,
): Promise<RiskDecisionRow> {
  await sql`
    insert into risk_decisions (payment_id, attempt_number, merchant_id, outcome, reasons, score, score_action, model_version,
      global_rules_version, merchant_rules_version, facts, lists, mode, fail_reason)
    select payment_id, attempt_number, merchant_id, outcome, reasons, score, score_action, model_version,
      global_rules_version, merchant_rules_version, facts, lists, mode, fail_reason
    from jsonb_populate_record(null::risk_decisions, ${JSON.stringify(decision)}::jsonb)
    on conflict (payment_id, attempt_number) do nothing`.execute(trx);
  const stands = await findDecision(trx, decision.payment_id, decision.attempt_number);
  if (stands === null) throw new Error(`no decision about ${decision.payment_id} was kept`);
  return stands;
}

/** Of this attempt, else the newest. Null: it was not screened. */
export async function findDecision(
  db: Db | Transaction<Database>,
  paymentId: string,
  attemptNumber?: number,
): Promise<RiskDecisionRow | null> {
  const { rows } = await sql<{ row: RiskDecisionRow }>`
    select to_jsonb(d) as row from risk_decisions d
    where d.payment_id = ${paymentId}
      and (${attemptNumber ?? null}::int is null or d.attempt_number = ${attemptNumber ?? null})
    order by d.attempt_number desc limit 1`.execute(db);
  return rows[0]?.row ?? null;
}

/** The newest of a merchant (null: of all), as a worker. */
export async function listPastDecisions(
  db: Db,
  merchantId: string | null,
  limit: number,
): Promise<readonly PastDecision[]> {
  const whose = merchantId === null ? sql`` : sql`where d.merchant_id = ${merchantId}`;
  const { rows } = await sql<PastDecision>`
    select d.merchant_id as "merchantId", d.facts, d.lists, d.score_action as "scoreAction",
      exists (select from disputes x where x.payment_id = d.payment_id) as disputed
    from risk_decisions d ${whose} order by d.at desc limit ${limit}`.execute(db);
  return rows;
}
