/**
 * What the lines of one payment are: matched to movements of ours, or breaks with a name. Everything that
 * is not plainly in order comes through here; what is, the database matches by itself, set-wise.
 */
import { matchBySums } from './groups.ts';
import { moneyOf, movementOf, type SettledLine } from './line.ts';
import { nameBreak, type LineBreak, type Observed, type Step } from './name-break.ts';
import { expectedOf, type Subject } from './subject.ts';
import { cycleMs, distanceMs, isFeeWithin, isRateWithin } from './tolerance.ts';
import { matchByIdentity, type Match, type Tier } from './tiers.ts';

export interface Rate {
  readonly charged: bigint;
  readonly settled: bigint;
}

export interface Finding {
  readonly line: number;
  readonly kind: LineBreak;
  readonly subject: Subject | null;
  /** What is in question, with the sign of a line. */
  readonly amount: bigint;
  readonly currency: string;
  readonly expected: bigint | null;
  readonly step: Step;
}

export interface Explained {
  readonly matches: readonly Match[];
  readonly breaks: readonly Finding[];
}

/** What a conversion between two currencies should have come to; null: nobody knows. */
export type RateOf = (chargedCurrency: string, currency: string) => Rate | null;

/**
 * `lines`: those of one payment, in the order of time, not matched yet. `subjects`: all movements of that
 * payment, by id; empty where no payment was found.
 */
export function explainPayment(
  lines: readonly SettledLine[],
  subjects: readonly Subject[],
  rateOf: RateOf,
): Explained {
  const named = matchByIdentity(lines, subjects);
  const free = lines.filter((l) => !named.some((match) => match.line === l.line));
  const open = subjects.filter(
    (s) => s.settledLines === 0 && !named.some((match) => match.subject.id === s.id),
  );
  const all = [...named, ...matchBySums(free, open)];
  const found = lines.map((line) => explainLine(line, lines, all, subjects, rateOf));
  return {
    matches: all.filter(({ line }) => found.some((f) => f.line === line && f.links)),
    breaks: found.flatMap((f) => f.finding ?? []),
  };
}

interface Judged {
  readonly line: number;
  readonly links: boolean;
  readonly finding: Finding | null;
}

function explainLine(
  line: SettledLine,
  lines: readonly SettledLine[],
  matches: readonly Match[],
  subjects: readonly Subject[],
  rateOf: RateOf,
): Judged {
  const own = matches.filter((match) => match.line === line.line);
  const subject = own[0]?.subject ?? null;
  const observed = observe(line, { lines, matches, own, subjects, rateOf });
  const row = nameBreak(observed);
  const { amount, currency } = moneyOf(line);
  if (row === null) return { line: line.line, links: own.length > 0, finding: null };
  const expected = subject === null ? null : expectedOf(subject);
  const short = row.name === 'amount' && subject !== null;
  const finding: Finding = {
    ...{ line: line.line, kind: row.name, subject, currency, expected, step: row.step },
    amount: short ? sumOf(subject, lines, matches) - expectedOf(subject) : amount,
  };
  // A difference is of all lines of a movement, and told once: with the last of them.
  const isLast = own.length === 0 || lastLineOf(subject, matches) === line.line;
  return {
    line: line.line,
    links: row.links && own.length > 0,
    finding: short && !isLast ? null : finding,
  };
}

function lastLineOf(subject: Subject | null, matches: readonly Match[]): number | undefined {
  return matches.findLast((match) => match.subject.id === subject?.id)?.line;
}

interface Around {
  readonly lines: readonly SettledLine[];
  readonly matches: readonly Match[];
  readonly own: readonly Match[];
  readonly subjects: readonly Subject[];
  readonly rateOf: RateOf;
}

function observe(line: SettledLine, around: Around): Observed {
  const { own, subjects, matches } = around;
  const [match] = own;
  const kind = movementOf(line);
  const base: Observed = {
    line: kind === null ? 'strange' : 'movement',
    found: subjects.length === 0 ? 'nothing' : match === undefined ? 'payment' : 'movement',
    ...{ currency: 'same', state: 'done', sum: 'equal', rate: 'none', paid: 'once' },
    ...{ reference: 'same', time: 'within', fee: 'within' },
  };
  if (match === undefined) {
    // Of a payment that is settled in full, and like what settled it.
    const isLike = subjects.some(
      (s) =>
        s.kind === kind &&
        s.amount === line.gross &&
        (s.settledLines > 0 || matches.some((m) => m.subject.id === s.id)),
    );
    return isLike && line.reference === null ? { ...base, sum: 'again' } : base;
  }
  return { ...base, ...observeMatched(line, match.subject, match.tier, around) };
}

function observeMatched(
  line: SettledLine,
  subject: Subject,
  tier: Tier,
  { lines, matches, rateOf }: Around,
): Partial<Observed> {
  const { currency } = moneyOf(line);
  const names = [subject.reference, subject.id, subject.attemptId, subject.paymentId];
  const isOwnId =
    line.providerReference === null ||
    subject.providerReference === null ||
    line.providerReference === subject.providerReference;
  const isNamed = line.reference === null || names.includes(line.reference);
  return {
    currency: currency === subject.currency ? 'same' : 'other',
    state: subject.done ? 'done' : 'not_done',
    sum: tier >= 5 ? 'equal' : judgeSum(line, subject, lines, matches),
    rate: judgeRate(line, rateOf),
    paid: subject.paidTwice ? 'twice' : 'once',
    reference: tier >= 3 || (isNamed && isOwnId) ? 'same' : 'other',
    time: distanceMs(line, subject) <= cycleMs ? 'within' : 'outside',
    fee: subject.cost === null || isFeeWithin(line.fee, subject.cost) ? 'within' : 'outside',
  };
}

function linesOf(
  subject: Subject,
  lines: readonly SettledLine[],
  matches: readonly Match[],
): readonly SettledLine[] {
  const own = matches.filter((m) => m.subject.id === subject.id && m.tier < 5);
  return lines.filter(
    (l) => own.some((m) => m.line === l.line) && moneyOf(l).currency === subject.currency,
  );
}

function sumOf(subject: Subject, lines: readonly SettledLine[], matches: readonly Match[]): bigint {
  const own = linesOf(subject, lines, matches);
  return own.reduce((sum, line) => sum + moneyOf(line).amount, subject.settled);
}

function judgeSum(
  line: SettledLine,
  subject: Subject,
  lines: readonly SettledLine[],
  matches: readonly Match[],
): Observed['sum'] {
  const expected = expectedOf(subject);
  if (sumOf(subject, lines, matches) === expected) return 'equal';
  const { amount } = moneyOf(line);
  if (amount !== subject.amount) return 'other';
  const own = linesOf(subject, lines, matches);
  const before = own
    .slice(0, own.indexOf(line))
    .reduce((n, l) => n + moneyOf(l).amount, subject.settled);
  if (
    subject.done &&
    before === 0n &&
    own.slice(own.indexOf(line) + 1).every((l) => moneyOf(l).amount === amount)
  ) {
    return 'equal';
  }
  // There in full before it: this is the same money a second time.
  return before !== 0n && before % subject.amount === 0n && before / subject.amount > 0n
    ? 'again'
    : 'other';
}

function judgeRate(line: SettledLine, rateOf: RateOf): Observed['rate'] {
  const { charged, chargedCurrency, currency, gross } = line;
  if (charged === null || chargedCurrency === null || chargedCurrency === currency) return 'none';
  const rate = rateOf(chargedCurrency, currency);
  if (rate === null) return 'not_known';
  return isRateWithin({ charged, settled: gross }, rate) ? 'within' : 'outside';
}
