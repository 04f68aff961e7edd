/** Compares the sandbox's books, the oracle of what happened to money, with ours. */
import type { BookedMovement } from '../../sandbox/testing/client.ts';
import type { Rows } from './rows.ts';

interface Sides {
  readonly rows: Rows;
  readonly sandbox: { books(): Promise<readonly BookedMovement[]> };
}

const referencesSql = `
  select id, payment_id from attempts union all select id, payment_id from operations`;

async function movementsByPayment(sides: Sides): Promise<Map<string, BookedMovement[]>> {
  const [books, references] = await Promise.all([
    sides.sandbox.books(),
    sides.rows.all<{ id: string; payment_id: string }>(referencesSql),
  ]);
  const owner = new Map(references.map(({ id, payment_id }) => [id, payment_id]));
  const byPayment = new Map<string, BookedMovement[]>();
  for (const movement of books) {
    // Of no payment.
    if (movement.operation.startsWith('payout')) continue;
    const payment = owner.get(movement.reference) ?? `nobody's: ${movement.reference}`;
    byPayment.set(payment, [...(byPayment.get(payment) ?? []), movement]);
  }
  return byPayment;
}

/** What really happened to the money of one payment, in order. */
export async function booksOf(sides: Sides, paymentId: string): Promise<readonly string[]> {
  const movements = (await movementsByPayment(sides)).get(paymentId) ?? [];
  return movements.map(({ operation }) => operation);
}

const oursSql = `
  select p.id, coalesce(sum(case when l.account <> '1100' or e.state <> 'posted' then 0
    when l.side = 'debit' then l.amount else -l.amount end), 0)::text as net
  from payments p left join journal_entries e on e.payment_id = p.id left join postings l on l.entry_id = e.id
  group by p.id`;

/** Payments whose money at the providers is not what our ledger says, with both sums: none, ever. */
export async function differingPayments(sides: Sides): Promise<readonly string[]> {
  const theirs = await movementsByPayment(sides);
  const ours = await sides.rows.all<{ id: string; net: string }>(oursSql);
  const known = new Set(ours.map(({ id }) => id));
  const strange = [...theirs.keys()].filter((id) => !known.has(id));
  const differing = ours.flatMap(({ id, net }) => {
    const taken = netTaken(theirs.get(id) ?? []);
    return String(taken) === net ? [] : [`${id}: they say ${taken}, we say ${net}`];
  });
  return [...strange, ...differing];
}

function netTaken(movements: readonly BookedMovement[]): number {
  const sign = {
    authorize: 0,
    capture: 1,
    void: 0,
    refund: -1,
    increment: 0,
    payout: 0,
    payout_return: 0,
  };
  return movements.reduce((sum, m) => sum + sign[m.operation] * m.amount, 0);
}

/** Payments past the time at which something was to be done for them, and then some: none, for long. */
export function overduePayments(rows: Rows): Promise<readonly object[]> {
  return rows.all(
    `select id, status, wake_at from payments where wake_at <= tender_now() - interval '1 second'`,
  );
}
