/**
 * Lines and movements of one payment that no identity tells apart: by their sums (tier 5), and one line
 * against a few of several movements (tier 6).
 */
import { moneyOf, movementOf, type MovementKind, type SettledLine } from './line.ts';
import type { Subject } from './subject.ts';
import { uniqueSubset } from './subset-sum.ts';
import type { Match } from './tiers.ts';

interface Group {
  readonly lines: readonly SettledLine[];
  readonly subjects: readonly Subject[];
}

/** All of `lines` and `subjects` are of one payment, not matched yet, and not said to be another movement. */
export function matchBySums(
  lines: readonly SettledLine[],
  subjects: readonly Subject[],
): readonly Match[] {
  return (['capture', 'refund', 'dispute'] as const).flatMap((kind) =>
    currenciesOf(lines).flatMap((currency) => matchGroup(groupOf(lines, subjects, kind, currency))),
  );
}

function currenciesOf(lines: readonly SettledLine[]): readonly string[] {
  return [...new Set(lines.map((line) => moneyOf(line).currency))];
}

function groupOf(
  lines: readonly SettledLine[],
  subjects: readonly Subject[],
  kind: MovementKind,
  currency: string,
): Group {
  return {
    lines: lines.filter((l) => movementOf(l) === kind && moneyOf(l).currency === currency),
    subjects: subjects.filter((s) => s.done && s.kind === kind && s.currency === currency),
  };
}

function total(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}

function matchGroup({ lines, subjects }: Group): readonly Match[] {
  const [first] = subjects;
  const [only] = lines;
  if (first === undefined || only === undefined) return [];
  const wanted = subjects.map(({ amount }) => amount);
  const listed = lines.map((line) => moneyOf(line).amount);
  if (total(wanted) === total(listed)) return pairs(lines, subjects, 5);
  if (lines.length === 1) {
    const chosen = uniqueSubset(wanted, total(listed));
    if (chosen !== null)
      return pairs(
        lines,
        chosen.flatMap((i) => subjects[i] ?? []),
        6,
      );
  }
  if (subjects.length === 1) {
    const chosen = uniqueSubset(listed, first.amount);
    if (chosen !== null)
      return pairs(
        chosen.flatMap((i) => lines[i] ?? []),
        subjects,
        6,
      );
  }
  return [];
}

/**
 * Each with each, where one side is a single one; else the n-th with the n-th, what is left over with the
 * last: the sums are equal, and nothing says more than that.
 */
function pairs(
  lines: readonly SettledLine[],
  subjects: readonly Subject[],
  tier: 5 | 6,
): readonly Match[] {
  const count = Math.max(lines.length, subjects.length);
  return Array.from({ length: count }, (_, index) => {
    const line = lines[Math.min(index, lines.length - 1)];
    const subject = subjects[Math.min(index, subjects.length - 1)];
    return line === undefined || subject === undefined ? [] : [{ line: line.line, subject, tier }];
  }).flat();
}
