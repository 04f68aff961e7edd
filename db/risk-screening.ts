/** What a payment is judged by, read in one round trip; and what its merchant wants of that. */
import { sql } from 'kysely';
import type { Policy } from '../domain/risk/assessment.ts';
import { entitiesOf } from '../domain/risk/entities.ts';
import type { FeatureVector } from '../domain/risk/features.ts';
import type { ListMatch, ListView } from '../domain/risk/lists.ts';
import type { PaymentFacts } from '../domain/risk/past.ts';
import type { Db } from './client.ts';
import { featuresOfPast } from './risk-features.ts';

export interface Screening {
  readonly features: FeatureVector;
  readonly lists: ListView;
  readonly facts: PaymentFacts;
  /** After the @, in small letters; null: no e-mail is known. */
  readonly emailDomain: string | null;
  /** Seen before, by whatever its merchant knows it by. */
  readonly knownCustomer: boolean;
  /** Ms since the epoch, by the database's clock. */
  readonly asOf: number;
}

interface Row {
  readonly past: string | null;
  readonly lists: string | null;
  readonly country: string | null;
  readonly email_domain: string | null;
}

/** Throws where there is no such payment. */
export async function readScreening(db: Db, paymentId: string): Promise<Screening> {
  const { rows } = await sql<Row>`select * from read_screening(${paymentId})`.execute(db);
  const [row] = rows;
  if (row?.past == null) throw new Error(`payment ${paymentId} is not there`);
  const { facts, features, asOf } = featuresOfPast(row.past);
  const entities = entitiesOf({ ...facts, country: row.country });
  const lookedUp = [...new Set(entities.map(({ kind }) => kind))];
  return {
    ...{ features, facts, emailDomain: row.email_domain, asOf },
    lists: { lookedUp, matches: matchesOf(row.lists) },
    knownCustomer: features.customer_seconds_since_first >= 0,
  };
}

type Told = readonly [string, ListMatch['scope'], ListMatch['list'], ListMatch['entity'], string];

function matchesOf(lists: string | null): readonly ListMatch[] {
  if (lists === null) return [];
  return (JSON.parse(lists) as readonly Told[]).map(([entryId, scope, list, entity, reason]) => ({
    ...{ entryId, scope, list, entity, reason },
  }));
}

/** So many connections, each with the plans that a new one needs most of its budget for. Nobody waits for it. */
export async function planScreening(db: Db, connections: number): Promise<void> {
  const all = Array.from({ length: connections }, () =>
    sql`select s.past is null from (select id from payments order by id limit 1) p, read_screening(p.id) s`.execute(
      db,
    ),
  );
  await Promise.allSettled(all);
}

/** Throws where there is no such merchant. */
export async function readRiskPolicy(db: Db, merchantId: string): Promise<Policy> {
  const { rows } = await sql<{ policy: Policy | null }>`
    select risk_policy_of(${merchantId}) as policy`.execute(db);
  const policy = rows[0]?.policy ?? null;
  if (policy === null) throw new Error(`merchant ${merchantId} is not there`);
  return policy;
}
