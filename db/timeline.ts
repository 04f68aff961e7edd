import type { Transaction } from 'kysely';
import type { Database, OutboxTable, TimelineTable } from './database.ts';
import type { Page } from './payments.ts';

/** Oldest first; `after` is the sequence of the last line seen. */
export async function listTimeline(
  trx: Transaction<Database>,
  paymentId: string,
  page: Page,
): Promise<readonly TimelineTable[]> {
  return trx
    .selectFrom('timeline')
    .selectAll()
    .where('payment_id', '=', paymentId)
    .where('sequence', '>', page.after === undefined ? 0 : Number.parseInt(page.after, 10))
    .orderBy('sequence')
    .limit(page.limit + 1)
    .execute();
}

/** Newest first. */
export async function listEvents(
  trx: Transaction<Database>,
  filter: { readonly type?: string | undefined },
  page: Page,
): Promise<readonly OutboxTable[]> {
  let query = trx
    .selectFrom('outbox')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(page.limit + 1);
  if (filter.type !== undefined) query = query.where('type', '=', filter.type);
  if (page.after !== undefined) query = query.where('id', '<', page.after);
  return query.execute();
}
