/** Entries of the risk lists, as a worker: of one merchant, or (merchant id null) of the installation. Kept for ever. */
import { sql, type Transaction } from 'kysely';
import type { Entity } from '../domain/risk/entities.ts';
import type { EntityKind, ListName, ListView } from '../domain/risk/lists.ts';
import type { Tightening } from '../domain/risk/tightening.ts';
import type { Db } from './client.ts';
import type { Database } from './database.ts';
import type { Page } from './payments.ts';

type Trx = Transaction<Database>;

export interface ListEntryRow {
  readonly id: string;
  readonly merchant_id: string | null;
  readonly list: ListName;
  readonly entity: EntityKind;
  /** Of a person a keyed hash; a BIN, a country or a merchant in plain. */
  readonly value: string;
  readonly reason: string;
  readonly added_by: string;
  readonly added_at: string;
  /** Null: until it is removed. */
  readonly expires_at: string | null;
  readonly removed_at: string | null;
  readonly removed_by: string | null;
  readonly removal_reason: string | null;
}

export type NewListEntry = Pick<
  ListEntryRow,
  'merchant_id' | 'list' | 'entity' | 'value' | 'reason' | 'added_by' | 'expires_at'
>;

/** What an entry says for what somebody wrote; of a person the keyed hash that counters have. */
export async function entityValue(
  db: Db | Trx,
  merchantId: string,
  entity: EntityKind,
  written: string,
): Promise<string> {
  const { rows } = await sql<{ value: string | null }>`
    select risk_entity_value(${merchantId}, ${entity}, ${written}) as value`.execute(db);
  const value = rows[0]?.value ?? null;
  if (value === null) throw new Error(`nothing names this ${entity}`);
  return value;
}

/** The same of a payment. Null: it is not there or another merchant's, or does not name one. */
export async function entityOfPayment(
  db: Db | Trx,
  merchantId: string,
  entity: EntityKind,
  paymentId: string,
): Promise<string | null> {
  const { rows } = await sql<{ value: string | null }>`
    select risk_entity_of_payment(p.id, ${entity}) as value from payments p
    where p.id = ${paymentId} and p.merchant_id = ${merchantId}`.execute(db);
  return rows[0]?.value ?? null;
}

/** Not `fresh`: it stands there already, and stays as it is. */
export async function addListEntry(
  trx: Trx,
  entry: NewListEntry,
): Promise<{ readonly fresh: boolean; readonly entry: ListEntryRow }> {
  const { rows } = await sql<{ result: { fresh: boolean; entry: ListEntryRow } }>`
    select add_risk_list_entry(${JSON.stringify(entry)}::jsonb) as result`.execute(trx);
  if (rows[0] === undefined) throw new Error('no answer from add_risk_list_entry');
  return rows[0].result;
}

/** By itself, on the lists of the merchant under attack; those that stand there already go on as they do. */
export async function tightenMerchant(
  trx: Trx,
  merchantId: string,
  tightenings: readonly Tightening[],
): Promise<void> {
  for (const { list, entity, value, reason, expiresInMs } of tightenings) {
    const entry = { merchant_id: merchantId, list, entity, value, reason, added_by: 'tender' };
    const timed = JSON.stringify({ ...entry, expires_in_ms: expiresInMs });
    await sql`select add_risk_list_entry(${timed}::jsonb)`.execute(trx);
  }
}

/** Removed already: the entry as it is. Null: there is no such one. */
export async function removeListEntry(
  db: Db,
  merchantId: string | null,
  list: ListName,
  id: string,
  by: { readonly actor: string; readonly reason: string },
): Promise<ListEntryRow | null> {
  const { rows: ended } = await sql<{ row: ListEntryRow }>`
    update risk_list_entries e set removed_at = tender_now(), removed_by = ${by.actor}, removal_reason = ${by.reason}
    where e.id = ${id} and e.scope = ${merchantId ?? ''} and e.list = ${list} and e.removed_at is null
    returning to_jsonb(e) as row`.execute(db);
  if (ended[0] !== undefined) return ended[0].row;
  const { rows } = await sql<{ row: ListEntryRow }>`
    select to_jsonb(e) as row from risk_list_entries e
    where e.id = ${id} and e.scope = ${merchantId ?? ''} and e.list = ${list}`.execute(db);
  return rows[0]?.row ?? null;
}

export interface ListEntryFilter {
  readonly entity?: EntityKind | undefined;
  readonly value?: string | undefined;
  /** Those too that are over or removed. */
  readonly all?: boolean | undefined;
}

/** Newest first; one row more tells of more. */
export async function listEntries(
  db: Db,
  merchantId: string | null,
  list: ListName,
  { entity, value, all = false }: ListEntryFilter,
  { limit, after }: Page,
): Promise<readonly ListEntryRow[]> {
  const { rows } = await sql<{ row: ListEntryRow }>`
    select to_jsonb(e) as row from risk_list_entries e
    where e.scope = ${merchantId ?? ''} and e.list = ${list}
      and (${all} or (e.removed_at is null and (e.expires_at is null or e.expires_at > tender_now())))
      and (${entity ?? null}::text is null or e.entity = ${entity ?? null})
      and (${value ?? null}::text is null or e.value = ${value ?? null})
      and (${after ?? null}::text is null or e.id < ${after ?? null})
    order by e.id desc limit ${limit + 1}`.execute(db);
  return rows.map(({ row }) => row);
}

/** What stands on lists of what a payment is made of: the installation's and this merchant's. */
export async function lookUpLists(
  db: Db | Trx,
  merchantId: string,
  entities: readonly Entity[],
): Promise<ListView> {
  const kinds = entities.map(({ kind }) => kind);
  const values = entities.map(({ value }) => value);
  const { rows } = await sql<ListView['matches'][number]>`
    select e.id as "entryId", case when e.merchant_id is null then 'global' else 'merchant' end as scope,
      e.list, e.entity, e.reason
    from unnest(${sql.val(kinds)}::text[], ${sql.val(values)}::text[]) as x (entity, value)
    join risk_list_entries e on e.entity = x.entity and e.value = x.value and e.removed_at is null
      and e.scope in ('', ${merchantId}) and (e.expires_at is null or e.expires_at > tender_now())
    order by e.id`.execute(db);
  return { lookedUp: [...new Set(kinds)], matches: rows };
}
