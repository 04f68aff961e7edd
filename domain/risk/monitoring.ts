/** How well payments were judged: what was done to them, what people would have found in time, and how other models compare. */
import type { FailReason } from './assessment.ts';
import { riskActions, type RiskAction } from './rules.ts';
import { failModes, type FailMode } from './settings.ts';

/** So many decisions of one day (UTC, `YYYY-MM-DD`) that went alike. */
export interface Tally {
  readonly day: string;
  readonly outcome: RiskAction;
  readonly mode: 'scored' | FailMode;
  readonly failReason: FailReason | null;
  readonly count: number;
}

export type Rates = Readonly<
  Record<RiskAction, { readonly count: number; readonly share: number }>
>;

export interface DayOfAlerts {
  readonly day: string;
  readonly decisions: number;
  readonly outcomes: Rates;
  /** Not scored: by what was done instead, and by why. */
  readonly modes: Readonly<Record<FailMode, number>>;
  readonly failReasons: Readonly<Partial<Record<FailReason, number>>>;
}

/** Newest day first; days without decisions are not there. */
export function alertRates(tallies: readonly Tally[]): readonly DayOfAlerts[] {
  const days = Map.groupBy(tallies, ({ day }) => day);
  return [...days]
    .toSorted(([a], [b]) => (a < b ? 1 : -1))
    .map(([day, of]) => {
      const failed = of.filter(({ failReason }) => failReason !== null);
      return {
        day,
        decisions: sum(of),
        outcomes: ratesOf(of, ({ outcome }) => outcome, sum),
        modes: byName(failModes, (name) => sum(failed.filter(({ mode }) => mode === name))),
        failReasons: whyOf(failed),
      };
    });
}

function whyOf(failed: readonly Tally[]): DayOfAlerts['failReasons'] {
  const counts: Partial<Record<FailReason, number>> = {};
  for (const { failReason, count } of failed) {
    if (failReason !== null) counts[failReason] = (counts[failReason] ?? 0) + count;
  }
  return counts;
}

function sum(tallies: readonly Tally[]): number {
  return tallies.reduce((total, { count }) => total + count, 0);
}

function ratesOf<T>(
  of: readonly T[],
  actionOf: (one: T) => RiskAction | null,
  count: (some: readonly T[]) => number,
): Rates {
  const all = count(of);
  return byName(riskActions, (action) => {
    const n = count(of.filter((one) => actionOf(one) === action));
    return { count: n, share: all === 0 ? 0 : n / all };
  });
}

function byName<N extends string, T>(
  names: readonly N[],
  of: (name: N) => T,
): Readonly<Record<N, T>> {
  return Object.fromEntries(names.map((name) => [name, of(name)])) as Record<N, T>;
}

/** One that was scored, long enough ago for its label. */
export interface ScoredDecision {
  readonly day: string;
  readonly score: number;
  /** What the score alone asked for. */
  readonly action: RiskAction;
  /** Minor units. */
  readonly amount: bigint;
  readonly currency: string;
  /** Null: no money was taken, so nobody will ever know. */
  readonly isFraud: boolean | null;
  readonly shadows: readonly {
    readonly version: string;
    readonly score: number | null;
    readonly action: RiskAction | null;
  }[];
}

export interface Caught {
  /** The highest scored of each day, as many as can be looked at. */
  readonly flagged: number;
  /** Of the flagged. */
  readonly unlabelled: number;
  readonly frauds: number;
  /** Frauds among the flagged that have a label; null: none has. */
  readonly precision: number | null;
  /** Of all that were looked through. */
  readonly fraudsKnown: number;
  readonly recall: number | null;
}

export interface CaughtValue {
  readonly currency: string;
  /** Of all frauds, and of those among the flagged; minor units. */
  readonly fraudAmount: bigint;
  readonly caughtAmount: bigint;
  /** 0 to 1, four decimals, rounded down. */
  readonly recall: number;
}

type Ranked = Pick<ScoredDecision, 'day' | 'isFraud' | 'amount' | 'currency'>;

/** The highest scored of each day; of equal scores those that came first, as in the queue of reviews. Oldest first. */
export function highestOfEachDay<T extends Pick<ScoredDecision, 'day'>>(
  decisions: readonly T[],
  capacity: number,
  scoreOf: (decision: T) => number,
): readonly T[] {
  const days = [...Map.groupBy(decisions, ({ day }) => day).values()];
  return days.flatMap((day) => day.toSorted((a, b) => scoreOf(b) - scoreOf(a)).slice(0, capacity));
}

export function caughtOf(all: readonly Ranked[], flagged: readonly Ranked[]): Caught {
  const frauds = fraudsOf(flagged).length;
  const fraudsKnown = fraudsOf(all).length;
  const unlabelled = flagged.filter(({ isFraud }) => isFraud === null).length;
  const labelled = flagged.length - unlabelled;
  return {
    ...{ flagged: flagged.length, unlabelled, frauds, fraudsKnown },
    precision: labelled === 0 ? null : frauds / labelled,
    recall: fraudsKnown === 0 ? null : frauds / fraudsKnown,
  };
}

/** By currency: amounts of two are never added up. */
export function caughtValue(
  all: readonly Ranked[],
  flagged: readonly Ranked[],
): readonly CaughtValue[] {
  const total = amountsOf(fraudsOf(all));
  const caught = amountsOf(fraudsOf(flagged));
  return [...total].map(([currency, fraudAmount]) => {
    const caughtAmount = caught.get(currency) ?? 0n;
    const share = (caughtAmount * 10_000n) / fraudAmount;
    return { currency, fraudAmount, caughtAmount, recall: Number(share) / 10_000 };
  });
}

function fraudsOf(decisions: readonly Ranked[]): readonly Ranked[] {
  return decisions.filter(({ isFraud }) => isFraud === true);
}

function amountsOf(decisions: readonly Ranked[]): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { currency, amount } of decisions) {
    sums.set(currency, (sums.get(currency) ?? 0n) + amount);
  }
  return sums;
}

export interface Side {
  /** What the score alone asks for. */
  readonly actions: Rates;
  readonly caught: Caught;
}

export interface ShadowComparison {
  readonly version: string;
  /** Both models said something of them: the rest here is of these. */
  readonly decisions: number;
  /** It was asked and said nothing. */
  readonly silent: number;
  /** Asked for the same; null: there are no decisions. */
  readonly agreement: number | null;
  readonly acting: Side;
  readonly shadow: Side;
}

/** Of each model that looked on, with the one that acted, on the same decisions. `decisions`: oldest first. */
export function compareShadows(
  decisions: readonly ScoredDecision[],
  capacity: number,
): readonly ShadowComparison[] {
  const versions = new Set(
    decisions.flatMap(({ shadows }) => shadows.map(({ version }) => version)),
  );
  return [...versions].toSorted().map((version) => compare(decisions, version, capacity));
}

function compare(
  decisions: readonly ScoredDecision[],
  version: string,
  capacity: number,
): ShadowComparison {
  const asked = decisions.flatMap((decision) => {
    const shadow = decision.shadows.find((one) => one.version === version);
    return shadow === undefined ? [] : [{ acting: decision, shadow }];
  });
  const told = asked.flatMap(({ acting, shadow: { score, action } }) =>
    score === null ? [] : [{ acting, shadow: { ...acting, score, action: action ?? 'allow' } }],
  );
  const alike = told.filter(({ acting, shadow }) => acting.action === shadow.action).length;
  return {
    version,
    decisions: told.length,
    silent: asked.length - told.length,
    agreement: told.length === 0 ? null : alike / told.length,
    acting: sideOf(
      told.map(({ acting }) => acting),
      capacity,
    ),
    shadow: sideOf(
      told.map(({ shadow }) => shadow),
      capacity,
    ),
  };
}

function sideOf(decisions: readonly ScoredDecision[], capacity: number): Side {
  const flagged = highestOfEachDay(decisions, capacity, ({ score }) => score);
  return {
    actions: ratesOf(
      decisions,
      ({ action }) => action,
      ({ length }) => length,
    ),
    caught: caughtOf(decisions, flagged),
  };
}
