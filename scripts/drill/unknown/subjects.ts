/** What Tender has on record of the calls in doubt, read as `tender_worker`. */
import type pg from 'pg';

export interface Subject {
  readonly id: string;
  readonly paymentId: string;
  readonly status: string;
  readonly basis: { readonly kind: string; readonly detail?: string } | null;
  readonly sentCount: number;
  readonly lookups: number;
  /** Until it is looked at again, by the database's clock; null: never by itself. */
  readonly dueInSeconds: number | null;
}

const undecided = ['requested', 'submitting', 'pending', 'unknown'];

export const isDecided = ({ status }: Subject): boolean => !undecided.includes(status);

/** The newest attempt or operation of each payment: what was asked for last. */
export async function readSubjects(
  db: pg.Pool,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Subject>> {
  const { rows } = await db.query<Subject>(
    `select id, payment_id as "paymentId", status, basis, sent_count as "sentCount", lookups,
       extract(epoch from due_at - tender_now())::float8 as "dueInSeconds"
     from (select id, payment_id, status, basis, sent_count, lookups, due_at from attempts
       union all select id, payment_id, status, basis, sent_count, lookups, due_at from operations) s
     where id = any ($1)`,
    [ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** The operation of that kind which was asked for last. */
export async function newestOperation(
  db: pg.Pool,
  paymentId: string,
  kind: string,
): Promise<string | undefined> {
  const { rows } = await db.query<{ id: string }>(
    `select id from operations where payment_id = $1 and kind = $2 and cause in ('request', 'cancel')
     order by number desc limit 1`,
    [paymentId, kind],
  );
  return rows[0]?.id;
}

/** A no of ours without anything that says so: what promise P2 forbids. */
export async function listUnproven(db: pg.Pool): Promise<readonly string[]> {
  const { rows } = await db.query<{ what: string }>(
    `select id || ' ' || status || ' by ' || coalesce(basis ->> 'kind', 'nothing') as what
     from (select id, status, basis from attempts union all select id, status, basis from operations) s
     where status in ('not_sent', 'declined', 'voided', 'expired', 'failed')
       and coalesce(basis ->> 'kind', '') not in ('provider_reply', 'lookup', 'webhook', 'settlement')`,
  );
  return rows.map(({ what }) => what);
}
