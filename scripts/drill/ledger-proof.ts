/** Our books against themselves and against the providers'. Answers violations in words. */
import type pg from 'pg';
import { addUp } from './holdings.ts';
import type { Holding } from './holdings.ts';
import { checkLedgerRows, readPostedByPayment, readReceivables } from './records.ts';
import type { Receivable, Records } from './records.ts';
import type { Movement } from './sandbox-books.ts';

export async function proveLedger(
  db: pg.ClientBase,
  records: Records,
  books: readonly Movement[],
): Promise<readonly string[]> {
  const { holdings } = addUp(records, books);
  return [
    ...(await checkLedgerRows(db)),
    ...judgeReceivables(await readReceivables(db), books, holdings),
    ...judgePayments(await readPostedByPayment(db), records, holdings),
  ];
}

/** Posted: what the provider took less what it gave back. Pending: what it still holds. */
function judgeReceivables(
  receivables: readonly Receivable[],
  books: readonly Movement[],
  holdings: readonly Holding[],
): readonly string[] {
  const place = (row: { provider: string; currency: string }): string =>
    `${row.provider} ${row.currency}`;
  const ours = new Map(receivables.map((row) => [place(row), row]));
  const places = new Set([...ours.keys(), ...books.map(place)]);
  return [...places].flatMap((where) => {
    const moved = books
      .filter((movement) => place(movement) === where)
      .reduce((sum, { operation, amount }) => {
        if (operation === 'capture') return sum + amount;
        return operation === 'refund' ? sum - amount : sum;
      }, 0n);
    const held = holdings
      .filter(({ attempt }) => place(attempt) === where)
      .reduce((sum, { open }) => sum + open, 0n);
    const { posted = 0n, pending = 0n } = ours.get(where) ?? {};
    return [
      ...(posted === moved ? [] : [`1100 ${where}: posted ${posted}, in the books ${moved}`]),
      ...(pending === held ? [] : [`1100 ${where}: pending ${pending}, held ${held}`]),
    ];
  });
}

function judgePayments(
  posted: ReadonlyMap<string, bigint>,
  records: Records,
  holdings: readonly Holding[],
): readonly string[] {
  const byPayment = Map.groupBy(holdings, ({ attempt }) => attempt.payment_id);
  return records.payments.flatMap(({ id }) => {
    const books = (byPayment.get(id) ?? []).reduce((sum, h) => sum + h.captured - h.refunded, 0n);
    const ours = posted.get(id) ?? 0n;
    return ours === books ? [] : [`payment ${id}: posted ${ours}, in the books ${books}`];
  });
}
