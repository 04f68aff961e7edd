/** Credits that are written down: each is one payment's. */
import { sql } from 'kysely';
import type { Db } from './client.ts';

/** By operation id, whose it is; a payment of another merchant is not named. */
export async function findReceiptsElsewhere(
  db: Db,
  { id, merchantId }: { readonly id: string; readonly merchantId: string },
  operationIds: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const { rows } = await sql<{ id: string; owner: string }>`
    select id, case merchant_id when ${merchantId} then payment_id else 'of another merchant' end as owner
    from operations where id = any(${sql.val([...operationIds])}::text[]) and payment_id <> ${id}`.execute(
    db,
  );
  return Object.fromEntries(rows.map(({ id: operationId, owner }) => [operationId, owner]));
}
