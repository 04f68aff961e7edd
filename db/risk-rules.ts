/**
 * Versions of the risk rules, of the installation (merchant id null) and of each merchant: written one
 * after another, by two people, after they were tried on past decisions. The newest is in force.
 */
import { sql, type Transaction } from 'kysely';
import type { DryRun } from '../domain/risk/dry-run.ts';
import type { RiskRule, RuleSet } from '../domain/risk/rules.ts';
import { askOnce, type ApprovalRow } from './approvals.ts';
import type { Db } from './client.ts';
import type { Database } from './database.ts';

type Trx = Transaction<Database>;

export interface RiskRulesVersion {
  readonly version: number;
  readonly rules: readonly RiskRule[];
  /** Null: version 1, which is no rules, and of nobody. */
  readonly written_at: Date | null;
  readonly written_by: string;
  readonly reason: string;
  readonly approved_by: string | null;
  readonly approval_id: string | null;
}

const columns = sql`version, rules, written_at, written_by, reason, approved_by, approval_id`;

const firstVersion: RiskRulesVersion = {
  ...{ version: 1, rules: [], written_at: null, written_by: 'tender' },
  ...{ reason: 'no rules yet', approved_by: null, approval_id: null },
};

/** The newest without a version; null: there is no such one. */
export async function readRiskRules(
  db: Db | Trx,
  merchantId: string | null,
  version?: number,
): Promise<RiskRulesVersion | null> {
  const { rows } = await sql<RiskRulesVersion>`
    select ${columns} from risk_rules
    where scope = ${merchantId ?? ''} and (${version ?? null}::int is null or version = ${version ?? null})
    order by version desc limit 1`.execute(db);
  return rows[0] ?? ((version ?? 1) === 1 ? firstVersion : null);
}

/** Those that were written, newest first; one row more tells of more. */
export async function listRiskRules(
  db: Db,
  merchantId: string | null,
  limit: number,
  before: number | undefined,
): Promise<readonly RiskRulesVersion[]> {
  const { rows } = await sql<RiskRulesVersion>`
    select ${columns} from risk_rules
    where scope = ${merchantId ?? ''} and (${before ?? null}::int is null or version < ${before ?? null})
    order by version desc limit ${limit + 1}`.execute(db);
  return rows;
}

/** What a payment of this merchant is decided by: the installation's rules and its own. */
export async function activeRuleSets(
  db: Db | Trx,
  merchantId: string,
): Promise<readonly RuleSet[]> {
  return (await activeRulesOf(db, [merchantId]))(merchantId);
}

/** The same for several, in one statement. */
export async function activeRulesOf(
  db: Db | Trx,
  merchantIds: readonly string[],
): Promise<(merchantId: string) => readonly RuleSet[]> {
  const { rows } = await sql<{ scope: string; version: number; rules: readonly RiskRule[] }>`
    select distinct on (scope) scope, version, rules from risk_rules
    where scope = any(${sql.val(['', ...merchantIds])}) order by scope, version desc`.execute(db);
  const byScope = new Map(rows.map(({ scope, ...set }) => [scope, set]));
  const of = (scope: string): Omit<RuleSet, 'scope'> =>
    byScope.get(scope) ?? { version: 1, rules: [] };
  return (merchantId) => [
    { scope: 'global', ...of('') },
    { scope: 'merchant', ...of(merchantId) },
  ];
}

/** The newest version, which stays so until the transaction ends: all that writes rules comes through here. */
export async function lockRiskRules(trx: Trx, merchantId: string | null): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtext(${`risk rules of ${merchantId ?? ''}`}))`.execute(
    trx,
  );
  const { rows } = await sql<{ version: number }>`
    select risk_rules_version_of(${merchantId}) as version`.execute(trx);
  return rows[0]?.version ?? 1;
}

export interface RiskRulesAsked {
  /** Null: of the whole installation. */
  readonly merchantId: string | null;
  readonly expected: number;
  readonly rules: readonly RiskRule[];
  /** What these very rules would have done. */
  readonly dryRun: DryRun;
  readonly actor: string;
  readonly reason: string;
  readonly lifeMs: number;
}

/** A repeat is the same request, with its first dry run. Null: `expected` is not the newest version any more. */
export async function askForRiskRules(db: Db, asked: RiskRulesAsked): Promise<ApprovalRow | null> {
  const { merchantId, expected: version, rules, dryRun, actor, reason, lifeMs } = asked;
  return db.transaction().execute(async (trx) => {
    const newest = await lockRiskRules(trx, merchantId);
    const approval = await askOnce(
      trx,
      {
        ...{ kind: 'risk_rules', merchantId, binds: { id: 'risk_rules', version } },
        ...{ request: { rules }, actor, reason, lifeMs },
      },
      newest === version,
    );
    if (approval !== null) {
      await sql`
        insert into risk_dry_runs (approval_id, merchant_id, result)
        values (${approval.id}, ${merchantId}, ${JSON.stringify(dryRun)}::jsonb)
        on conflict (approval_id) do nothing`.execute(trx);
    }
    return approval;
  });
}

/** What the rules of a request would have done when it was asked for. Null: there is no such one. */
export async function findDryRun(
  db: Db,
  merchantId: string,
  approvalId: string,
): Promise<DryRun | null> {
  const { rows } = await sql<{ result: DryRun }>`
    select result from risk_dry_runs
    where approval_id = ${approvalId} and (merchant_id = ${merchantId} or merchant_id is null)`.execute(
    db,
  );
  return rows[0]?.result ?? null;
}

/** The next version, as the approval has it. Refused by the database without one that is approved. */
export async function putApprovedRiskRules(
  trx: Trx,
  approvalId: string,
): Promise<RiskRulesVersion> {
  const { rows } = await sql<RiskRulesVersion>`
    select ${columns} from put_risk_rules(${approvalId}) where version is not null`.execute(trx);
  if (rows[0] === undefined) throw new Error(`the risk rules of ${approvalId} come too late`);
  return rows[0];
}
