/**
 * Which movement of ours a line is: by identity first, by amount only together with one. Never across
 * currencies, never on an amount alone, and never on a guess between two.
 */
import { moneyOf, movementOf, type SettledLine } from './line.ts';
import type { Subject } from './subject.ts';
import { distanceMs, windowMs } from './tolerance.ts';

export type Tier = 1 | 2 | 3 | 4 | 5 | 6;

export interface Match {
  readonly line: number;
  readonly subject: Subject;
  readonly tier: Tier;
}

/**
 * Tiers 1 to 4. By an id a movement may have several lines, which its sum then judges; by an amount one, and
 * none where an id has already named the movement.
 */
export function matchByIdentity(
  lines: readonly SettledLine[],
  subjects: readonly Subject[],
): readonly Match[] {
  const matches: Match[] = lines.flatMap((line) => matchById(line, subjects) ?? []);
  for (const line of lines) {
    if (matches.some((match) => match.line === line.line)) continue;
    const free = subjects.filter((s) => !matches.some((match) => match.subject.id === s.id));
    const match = matchByAmount(line, free);
    if (match !== null) matches.push(match);
  }
  return matches;
}

function matchById(line: SettledLine, subjects: readonly Subject[]): Match | null {
  const ofKind = subjects.filter(({ kind }) => kind === movementOf(line));
  for (const [tier, is] of byId) {
    const found = ofKind.filter((subject) => is(line, subject));
    // Two of ours under one id of the provider: the one that we called so, if any.
    const subject = found.find((s) => s.reference === line.reference) ?? found[0];
    if (subject !== undefined) return { line: line.line, subject, tier };
  }
  return null;
}

function matchByAmount(line: SettledLine, subjects: readonly Subject[]): Match | null {
  const ofKind = subjects.filter(({ kind }) => kind === movementOf(line));
  for (const [tier, is] of byAmount) {
    const [subject, second] = ofKind.filter((one) => is(line, one));
    if (subject === undefined) continue;
    return second === undefined ? { line: line.line, subject, tier } : null;
  }
  return null;
}

type Is = (line: SettledLine, subject: Subject) => boolean;

function fits(line: SettledLine, subject: Subject): boolean {
  const { amount, currency } = moneyOf(line);
  return subject.currency === currency && subject.amount === amount && subject.settledLines === 0;
}

/** Another id of its own says that it is another movement. */
function mayBe(line: SettledLine, subject: Subject): boolean {
  return (
    line.providerReference === null ||
    subject.providerReference === null ||
    line.providerReference === subject.providerReference
  );
}

const byId: readonly (readonly [1 | 2, Is])[] = [
  [1, (l, s) => l.providerReference !== null && l.providerReference === s.providerReference],
  [2, (l, s) => l.reference !== null && (l.reference === s.reference || l.reference === s.id)],
];

const byAmount: readonly (readonly [3 | 4, Is])[] = [
  [
    3,
    (l, s) =>
      l.parentReference !== null &&
      l.parentReference === s.parentReference &&
      mayBe(l, s) &&
      fits(l, s),
  ],
  [
    4,
    (l, s) =>
      l.reference !== null &&
      (l.reference === s.attemptId || l.reference === s.paymentId) &&
      mayBe(l, s) &&
      fits(l, s) &&
      distanceMs(l, s) <= windowMs,
  ],
];
