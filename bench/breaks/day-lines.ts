/** What the day files say otherwise: a line is left out, added or changed, and their totals are of what they list. */
import type pg from 'pg';
import type { Line } from '../../sandbox/settlement/batches.ts';
import { twins, type DayKind } from './plan.ts';

type Change = (line: Line, n: number) => readonly Line[];

const nothing: Change = () => [];
const asItIs: Change = (line) => [line];

const changes: Readonly<Record<DayKind | 'twin', Change>> = {
  missing_internal: (line, n) => [line, lost(line, n)],
  missing_external: nothing,
  amount: (line) => [{ ...line, amount: line.amount + 7n }],
  fee: (line) => [{ ...line, fee: line.fee + 5n }],
  currency: (line) => [inCurrency(line, line.currency === 'EUR' ? 'USD' : 'EUR')],
  duplicate_external: (line, n) => [
    line,
    { ...line, movementId: `${line.provider}_again_${String(n)}` },
  ],
  reference: (line, n) => [{ ...line, reference: `order-${String(n)}` }],
  // These three are wrong in our own books.
  duplicate_internal: asItIs,
  time: asItIs,
  state: asItIs,
  twin: nothing,
};

function lost(line: Line, n: number): Line {
  const name = `${line.provider}_lost_${String(n)}`;
  const parentId = line.parentId === '' ? '' : `${name}_parent`;
  return { ...line, movementId: name, reference: `att_lost_${String(n)}`, parentId };
}

function inCurrency(line: Line, currency: string): Line {
  return { ...line, currency, batchId: line.batchId.slice(0, -3) + currency };
}

/** As `writeReports` asks for it. */
export async function readChanges(
  owner: pg.Pool,
): Promise<(lines: readonly Line[]) => readonly Line[]> {
  const { rows } = await owner.query<{ reference: string; n: number; kind: DayKind | 'twin' }>(
    `select case when p.is_sale then p.attempt_id else p.capture_id end as reference, p.n, coalesce(c.kind, 'twin') as kind
     from truth.payments p left join truth.chosen c on c.n = p.n where c.n is not null or (p.n >= $1 and p.n < 2 * $1)`,
    [twins],
  );
  const byReference = new Map(rows.map((row) => [row.reference, row]));
  return (lines) =>
    lines.flatMap((line) => {
      const planted = byReference.get(line.reference);
      return planted === undefined ? [line] : changes[planted.kind](line, planted.n);
    });
}
