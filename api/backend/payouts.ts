/** The API's port to a merchant's own money. It asks as a worker, which alone moves money, and reads as the merchant. */
import type { Db } from '../../db/client.ts';
import { listMerchantBalances } from '../../db/merchant-balances.ts';
import { balanceBefore, listMovements, type StatementRow } from '../../db/merchant-statement.ts';
import { makeOnce } from '../../db/objects-made-once.ts';
import { asMerchant } from '../../db/payments.ts';
import { findPayout, listPayouts, requestPayout, type PayoutRefusal } from '../../db/payouts.ts';
import { newId } from '../../runtime/ids.ts';
import type { Payouts, StatementQuery } from '../payouts/ports.ts';
import type { Principal } from '../ports.ts';
import { paged } from './paged.ts';
import { settledAt } from './settled.ts';

/** As it is kept under the key. */
interface Kept {
  readonly id: string;
  readonly refusal: PayoutRefusal | null;
}

export function createPayouts(db: Db, workerDb: Db): Payouts {
  const find: Payouts['find'] = ({ merchantId }, id) =>
    asMerchant(db, merchantId, (trx) => findPayout(trx, id));
  return {
    balances: ({ merchantId }) =>
      asMerchant(db, merchantId, (trx) => listMerchantBalances(trx, merchantId)),
    request: async (principal, key, { currency, amountMinor: amount }) => {
      const { merchantId, person = '', actor } = principal;
      const requestedBy = `${actor.kind}:${actor.id}`;
      const asked = { id: newId('po'), merchantId, currency, amount, turn: null, requestedBy };
      const made = await makeOnce<Kept>(
        workerDb,
        { ...key, merchant_id: merchantId, person },
        async (trx) => {
          const row = await requestPayout(trx, asked);
          return typeof row === 'string'
            ? { id: asked.id, refusal: row }
            : { id: row.id, refusal: null };
        },
        ({ refusal }) => (refusal === null ? 201 : 409),
      );
      if (made.kind !== 'made') return { kind: 'key_reused' };
      const { object, replayed } = made;
      if (object.refusal !== null) return { kind: 'refused', code: object.refusal, replayed };
      const row = await find(principal, object.id);
      if (row === null) throw new Error(`payout ${object.id} is not there`);
      return { kind: 'asked', row, replayed };
    },
    find,
    list: ({ merchantId }, filter, page) =>
      asMerchant(db, merchantId, async (trx) =>
        paged(await listPayouts(trx, merchantId, filter, page), page.limit),
      ),
    statement: async (principal, query, page) => {
      const { span, ...figures } = await standing(db, principal, query);
      const rows = await asMerchant(db, span.merchantId, (trx) => listMovements(trx, span, page));
      return { ...figures, to: span.to, movements: paged(rows, page.limit) };
    },
    exportStatement: async (principal, query) => {
      const { span, ...figures } = await standing(db, principal, query);
      return { ...figures, to: span.to, movements: everyMovement(db, span) };
    },
  };
}

type Span = Parameters<typeof listMovements>[1];

interface Standing extends Omit<Awaited<ReturnType<Payouts['statement']>>, 'movements' | 'to'> {
  readonly span: Span;
}

/** Up to a time to which nothing can be added any more. */
async function standing(
  db: Db,
  { merchantId }: Principal,
  { currency, from, to }: StatementQuery,
): Promise<Standing> {
  const end = await settledAt(db, to, '/query/to');
  const span = { merchantId, currency, from, to: end };
  return asMerchant(db, merchantId, async (trx) => ({
    span,
    opening: await balanceBefore(trx, span, from),
    closing: await balanceBefore(trx, span, end > from ? end : from),
  }));
}

const exportPage = 500;

/** Page by page, each a transaction of its own: what is settled never changes. */
async function* everyMovement(db: Db, span: Span): AsyncGenerator<StatementRow> {
  let after: string | undefined;
  for (;;) {
    const page = { limit: exportPage, after };
    const rows = await asMerchant(db, span.merchantId, (trx) => listMovements(trx, span, page));
    yield* rows.slice(0, exportPage);
    if (rows.length <= exportPage) return;
    after = rows[exportPage - 1]?.id;
  }
}
