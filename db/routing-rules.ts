/** Versions of the routing rules: written one after another, never changed, with person and reason. */
import { sql, type Transaction } from 'kysely';
import type { StoredRules } from '../domain/routing-rules.ts';
import { askOnce, type ApprovalRow } from './approvals.ts';
import type { Db } from './client.ts';
import type { Database } from './database.ts';

export interface RulesVersion {
  readonly version: number;
  readonly rules: StoredRules;
  readonly written_at: Date;
  readonly written_by: string;
  readonly reason: string;
  /** Null: of before rules took two people. */
  readonly approved_by: string | null;
}

const columns = sql`version, rules, written_at, written_by, reason, approved_by`;

/** Null: there is no such version. */
export async function readRulesVersion(db: Db, version?: number): Promise<RulesVersion | null> {
  const { rows } = await sql<RulesVersion>`
    select ${columns} from routing_rules
    where ${version ?? null}::int is null or version = ${version ?? null}
    order by version desc limit 1`.execute(db);
  return rows[0] ?? null;
}

/** Newest first; one row more tells of more. */
export async function listRulesVersions(
  db: Db,
  limit: number,
  before: number | undefined,
): Promise<readonly RulesVersion[]> {
  const { rows } = await sql<RulesVersion>`
    select ${columns} from routing_rules
    where ${before ?? null}::int is null or version < ${before ?? null}
    order by version desc limit ${limit + 1}`.execute(db);
  return rows;
}

/** The newest version, which stays so until the transaction ends: all that writes rules comes through here. */
export async function lockRules(trx: Transaction<Database>): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtext('routing_rules'))`.execute(trx);
  const { rows } = await sql<{ version: number }>`
    select max(version) as version from routing_rules`.execute(trx);
  return rows[0]?.version ?? 0;
}

export interface RulesAsked {
  readonly expected: number;
  readonly rules: StoredRules;
  readonly actor: string;
  readonly reason: string;
  readonly lifeMs: number;
}

/** A repeat is the same request. Null: `expected` is not the newest version of the rules any more. */
export async function askForRules(db: Db, asked: RulesAsked): Promise<ApprovalRow | null> {
  return db.transaction().execute(async (trx) => {
    const newest = await lockRules(trx);
    const { rules, expected: version, ...by } = asked;
    const binds = { id: 'routing_rules', version };
    const request = {
      kind: 'routing_rules',
      merchantId: null,
      binds,
      request: rules,
      ...by,
    } as const;
    return askOnce(trx, request, newest === version);
  });
}

/** The next version, as the approval has it. Refused by the database without one that is approved. */
export async function putApprovedRules(
  db: Db | Transaction<Database>,
  approvalId: string,
): Promise<RulesVersion> {
  const { rows } = await sql<RulesVersion>`
    select ${columns} from put_routing_rules(${approvalId}) where version is not null`.execute(db);
  if (rows[0] === undefined) throw new Error(`the rules of ${approvalId} come too late`);
  return rows[0];
}
