/** Versions of the routing rules: written one after another, never changed, with person and reason. */
import { sql } from 'kysely';
import type { StoredRules } from '../domain/routing-rules.ts';
import type { Db } from './client.ts';

export interface RulesVersion {
  readonly version: number;
  readonly rules: StoredRules;
  readonly written_at: Date;
  readonly written_by: string;
  readonly reason: string;
}

/** Null: there is no such version. */
export async function readRulesVersion(db: Db, version?: number): Promise<RulesVersion | null> {
  const { rows } = await sql<RulesVersion>`
    select version, rules, written_at, written_by, reason from routing_rules
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
    select version, rules, written_at, written_by, reason from routing_rules
    where ${before ?? null}::int is null or version < ${before ?? null}
    order by version desc limit ${limit + 1}`.execute(db);
  return rows;
}

/** Null: `expected` is not the newest version any more. */
export async function putRules(
  db: Db,
  expected: number,
  rules: StoredRules,
  actor: string,
  reason: string,
): Promise<RulesVersion | null> {
  const { rows } = await sql<RulesVersion>`
    select version, rules, written_at, written_by, reason
    from put_routing_rules(${expected}, ${JSON.stringify(rules)}::jsonb, ${actor}, ${reason})
    where version is not null`.execute(db);
  return rows[0] ?? null;
}
