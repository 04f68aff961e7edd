/**
 * Which payouts of providers a line of a bank statement is: by what it names first; by whom it came from only together
 * with the exact amount and the time. Never on an amount alone, never across currencies, never on a guess between two.
 */
import { uniqueSubset } from './subset-sum.ts';
import { cycleMs } from './tolerance.ts';

export interface BankLine {
  readonly id: string;
  /** What it says it is about, and from or to whom, in the bank's words. */
  readonly reference: string | null;
  readonly counterparty: string | null;
  /** Minor units; below zero: it left the account. */
  readonly amount: bigint;
  readonly currency: string;
  /** Ms since the epoch. */
  readonly bookedAt: number;
}

export interface AnnouncedPayout {
  readonly id: string;
  readonly provider: string;
  /** Its ids, as its provider and we call it. */
  readonly names: readonly string[];
  /** Below zero: collected from us. */
  readonly amount: bigint;
  readonly currency: string;
  readonly announcedAt: number;
  /** Lines that were matched to it before. */
  readonly credits: number;
}

export interface BankMatch {
  readonly line: string;
  readonly payout: string;
  /** What of the line is this payout's. */
  readonly amount: bigint;
  /** 1: named; 4: whom it is from, how much and when; 6: the only few that come to it. */
  readonly tier: 1 | 4 | 6;
}

const dayMs = 86_400_000;
/** A payout is announced when it leaves, by whichever clock. */
const earliestMs = -dayMs;
const payoutLatestMs = 5 * dayMs;
/** A payout that has not come by then does not come by itself. */
export const payoutLateMs = cycleMs + payoutLatestMs;
/** What is shorter stands in many a text by chance, unless it is all of the text. */
const nameLengthMin = 6;

/** `payouts`: those that no line was matched to yet, and of the others those that a line may name. */
export function matchBankLines(
  lines: readonly BankLine[],
  payouts: readonly AnnouncedPayout[],
): readonly BankMatch[] {
  const named = matchByName(lines, payouts);
  const [freeLines, freePayouts] = withoutMatched(lines, openOf(payouts), named);
  const groups = groupBySender(freeLines, freePayouts);
  const exact = groups.flatMap(matchByAmount);
  const rest = groups.map((group) => {
    const [ownLines, ownPayouts] = withoutMatched(group.lines, group.payouts, exact);
    return { lines: ownLines, payouts: ownPayouts };
  });
  return [...named, ...exact, ...rest.flatMap(matchBySums)];
}

function openOf(payouts: readonly AnnouncedPayout[]): readonly AnnouncedPayout[] {
  return payouts.filter(({ credits }) => credits === 0);
}

function withoutMatched(
  lines: readonly BankLine[],
  payouts: readonly AnnouncedPayout[],
  matches: readonly BankMatch[],
): readonly [readonly BankLine[], readonly AnnouncedPayout[]] {
  const doneLines = new Set(matches.map(({ line }) => line));
  const donePayouts = new Set(matches.map(({ payout }) => payout));
  return [
    lines.filter(({ id }) => !doneLines.has(id)),
    payouts.filter(({ id }) => !donePayouts.has(id)),
  ];
}

/**
 * One payout that a line names is its payout, whatever the amount: what differs is a break. Several are only
 * together exactly what came.
 */
function matchByName(
  lines: readonly BankLine[],
  payouts: readonly AnnouncedPayout[],
): readonly BankMatch[] {
  const byName = groupOf(
    payouts.flatMap((payout) => [...new Set(payout.names)].map((name) => ({ name, payout }))),
    ({ name, payout }) => `${payout.currency} ${name}`,
  );
  const named = lines.map((line) => {
    const found = payoutNamesIn(line.reference).flatMap((name) => {
      const known = byName.get(`${line.currency} ${name}`) ?? [];
      // Two providers may call a payout alike: then it names neither.
      return known.length === 1 ? known.map(({ payout }) => payout) : [];
    });
    return { line, payouts: [...new Map(found.map((payout) => [payout.id, payout])).values()] };
  });
  const alone = named.flatMap(({ line, payouts: [first, second] }) =>
    first === undefined || second !== undefined ? [] : [match(line, first.id, line.amount, 1)],
  );
  const taken = new Set(alone.map(({ payout }) => payout));
  const together = named.map(({ line, payouts: all }) =>
    all.length > 1 &&
    sumOf(all) === line.amount &&
    all.every(({ id, credits }) => credits === 0 && !taken.has(id))
      ? all.map(({ id, amount }) => match(line, id, amount, 1))
      : [],
  );
  return [...alone, ...withoutOverlaps(together)];
}

export function payoutNamesIn(reference: string | null): readonly string[] {
  if (reference === null) return [];
  const words = reference.split(/[\s,;]+/).filter((word) => word.length >= nameLengthMin);
  return [...new Set([reference, ...words])];
}

function match(line: BankLine, payout: string, amount: bigint, tier: BankMatch['tier']): BankMatch {
  return { line: line.id, payout, amount, tier };
}

function sumOf(all: readonly { readonly amount: bigint }[]): bigint {
  return all.reduce((sum, { amount }) => sum + amount, 0n);
}

interface Group {
  readonly lines: readonly BankLine[];
  readonly payouts: readonly AnnouncedPayout[];
}

/** Of one provider in one currency, both sides in the order of time. */
function groupBySender(
  lines: readonly BankLine[],
  payouts: readonly AnnouncedPayout[],
): readonly Group[] {
  const ofProvider = groupOf(payouts, ({ provider, currency }) => `${currency} ${provider}`);
  const providers = [...new Set(payouts.map(({ provider }) => provider))];
  const ofSender = groupOf(lines, (line) => {
    const [sender, other] = sendersOf(line, providers);
    return sender === undefined || other !== undefined ? '' : `${line.currency} ${sender}`;
  });
  return [...ofProvider].map(([key, own]) => ({
    payouts: own.toSorted((a, b) => a.announcedAt - b.announcedAt),
    lines: (ofSender.get(key) ?? []).toSorted((a, b) => a.bookedAt - b.bookedAt),
  }));
}

/** The providers whose name is a word of what the bank says. */
function sendersOf(line: BankLine, providers: readonly string[]): readonly string[] {
  const text = `${line.counterparty ?? ''} ${line.reference ?? ''}`.toLowerCase();
  const words = new Set(text.split(/[^\p{L}\p{N}]+/u));
  return providers.filter((provider) => words.has(provider.toLowerCase()));
}

/** One line and one payout of the same amount in each other's time, and no second one of either. */
function matchByAmount({ lines, payouts }: Group): readonly BankMatch[] {
  const linesOf = groupOf(lines, ({ amount }) => String(amount));
  const payoutsOf = groupOf(payouts, ({ amount }) => String(amount));
  return lines.flatMap((line) => {
    const mine = (payoutsOf.get(String(line.amount)) ?? []).filter((p) => isInTime(line, p));
    const [payout] = mine;
    if (payout === undefined || mine.length > 1) return [];
    const others = (linesOf.get(String(line.amount)) ?? []).filter((l) => isInTime(l, payout));
    return others.length === 1 ? [match(line, payout.id, line.amount, 4)] : [];
  });
}

function isInTime(line: BankLine, payout: AnnouncedPayout): boolean {
  const after = line.bookedAt - payout.announcedAt;
  return after >= earliestMs && after <= payoutLatestMs;
}

/** Several payouts in one credit, and one payout in several: the only subset, and of nothing that another line takes too. */
function matchBySums({ lines, payouts }: Group): readonly BankMatch[] {
  const joined = lines.flatMap((line) => {
    const near = within(
      payouts,
      line.bookedAt - payoutLatestMs,
      line.bookedAt - earliestMs,
      announced,
    );
    const chosen = uniqueSubset(amountsOf(near), line.amount) ?? [];
    if (chosen.length < 2) return [];
    return [chosen.flatMap((i) => near[i] ?? []).map((p) => match(line, p.id, p.amount, 6))];
  });
  const split = payouts.flatMap((payout) => {
    const { announcedAt } = payout;
    const near = within(lines, announcedAt + earliestMs, announcedAt + payoutLatestMs, booked);
    const chosen = uniqueSubset(amountsOf(near), payout.amount) ?? [];
    if (chosen.length < 2) return [];
    return [chosen.flatMap((i) => near[i] ?? []).map((l) => match(l, payout.id, l.amount, 6))];
  });
  return withoutOverlaps([...joined, ...split]);
}

const announced = ({ announcedAt }: AnnouncedPayout): number => announcedAt;
const booked = ({ bookedAt }: BankLine): number => bookedAt;

function amountsOf(all: readonly { readonly amount: bigint }[]): readonly bigint[] {
  return all.map(({ amount }) => amount);
}

function withoutOverlaps(answers: readonly (readonly BankMatch[])[]): readonly BankMatch[] {
  const uses = new Map<string, number>();
  const partsOf = (answer: readonly BankMatch[]): ReadonlySet<string> =>
    new Set(answer.flatMap(({ line, payout }) => [`line ${line}`, `payout ${payout}`]));
  for (const answer of answers) {
    for (const part of partsOf(answer)) uses.set(part, (uses.get(part) ?? 0) + 1);
  }
  return answers.filter((answer) => [...partsOf(answer)].every((p) => uses.get(p) === 1)).flat();
}

/** Of `sorted` by `at`: from `from` to `to`, both within. */
function within<T>(
  sorted: readonly T[],
  from: number,
  to: number,
  at: (one: T) => number,
): readonly T[] {
  const firstFrom = (time: number): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const one = sorted[middle];
      if (one !== undefined && at(one) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return sorted.slice(firstFrom(from), firstFrom(to + 1));
}

function groupOf<T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
}
