/** Which lines would explain that a batch was not paid out as it is listed. Only said to people: nothing is moved by it. */
import { uniqueSubset } from './subset-sum.ts';

export interface BatchLine {
  readonly reconciliationId: string;
  readonly line: number;
  readonly net: bigint;
}

export interface BatchDifference {
  /** What was paid out less what is listed; never zero. */
  readonly difference: bigint;
  /** Listed in the batch: those it may have been paid without. Of many, only those of just that amount. */
  readonly listed: readonly BatchLine[];
  /** Of the same provider and currency, in no batch or in one that was not paid: those it may have been paid with. */
  readonly elsewhere: readonly BatchLine[];
}

export interface BatchSuggestion {
  readonly what: 'listed_and_not_paid' | 'paid_and_not_listed';
  readonly lines: readonly BatchLine[];
}

/** Null: nothing explains it, or more than one thing does. One line is likelier than several. */
export function suggestForBatch({
  difference,
  listed,
  elsewhere,
}: BatchDifference): BatchSuggestion | null {
  const sides = [
    { what: 'listed_and_not_paid', lines: listed, sum: -difference },
    { what: 'paid_and_not_listed', lines: elsewhere, sum: difference },
  ] as const;
  const alone = sides.flatMap(({ what, lines, sum }) =>
    lines.filter(({ net }) => net === sum).map((line) => ({ what, lines: [line] })),
  );
  if (alone.length > 0) return alone.length === 1 ? (alone[0] ?? null) : null;
  const together = sides.flatMap(({ what, lines, sum }) => {
    const nets = lines.map(({ net }) => net);
    const chosen = uniqueSubset(nets, sum);
    return chosen === null ? [] : { what, lines: chosen.flatMap((index) => lines[index] ?? []) };
  });
  return together.length === 1 ? (together[0] ?? null) : null;
}
