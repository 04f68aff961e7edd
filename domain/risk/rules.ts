/**
 * Risk rules as data, and what they say of a payment. The installation and its merchant each have a set;
 * in a set the highest priority decides, and of the two sets the stricter one: a merchant may ask for
 * more than the installation, never for less.
 */
import { holds, type Condition } from './conditions.ts';
import type { Facts } from './facts.ts';
import { passes, type ListMatch, type ListView, type RiskScope } from './lists.ts';

/** From the laxest to the strictest. */
export const riskActions = ['allow', 'challenge', 'review', 'block'] as const;
export type RiskAction = (typeof riskActions)[number];

export interface RiskRule {
  readonly id: string;
  /** The highest decides; of two alike the stricter. */
  readonly priority: number;
  readonly when: Condition;
  readonly action: RiskAction;
  readonly note: string;
}

export interface RuleSet {
  readonly scope: RiskScope;
  readonly version: number;
  readonly rules: readonly RiskRule[];
}

export interface Applied {
  /** Null: none holds. */
  readonly decides: RiskRule | null;
  /** All that hold, the one that decides first. */
  readonly matched: readonly RiskRule[];
}

/** Something that spoke about the payment: a rule, or an entry of a list. */
export interface Spoken {
  readonly kind: 'rule' | 'list';
  readonly scope: RiskScope;
  /** Of the rule, or of the entry. */
  readonly id: string;
  readonly action: RiskAction;
  readonly note: string;
}

export interface RulesVerdict {
  /** Null: neither rules nor lists say anything. */
  readonly decides: Spoken | null;
  readonly matched: readonly Spoken[];
}

/** Below zero: `a` is laxer. */
export function compareActions(a: RiskAction, b: RiskAction): number {
  return riskActions.indexOf(a) - riskActions.indexOf(b);
}

export function applyRules(rules: readonly RiskRule[], facts: Facts, lists: ListView): Applied {
  const matched = rules.filter(({ when }) => holds(when, facts, lists)).toSorted(byRank);
  return { decides: matched[0] ?? null, matched };
}

function byRank(a: RiskRule, b: RiskRule): number {
  return b.priority - a.priority || compareActions(b.action, a.action) || (a.id < b.id ? -1 : 1);
}

/** What rules and lists say together. Rules of the installation see its own lists alone. */
export function applyRuleSets(
  sets: readonly RuleSet[],
  facts: Facts,
  lists: ListView,
): RulesVerdict {
  const { lookedUp } = lists;
  const global = lists.matches.filter(({ scope }) => scope === 'global');
  const verdicts = (['global', 'merchant'] as const).map((scope) => {
    const seen = scope === 'global' ? { lookedUp, matches: global } : lists;
    const rules = sets.filter((set) => set.scope === scope).flatMap((set) => set.rules);
    const listed = lists.matches.filter((match) => match.scope === scope);
    return verdictOf(scope, applyRules(rules, facts, seen), listed);
  });
  return {
    decides: strictest(verdicts.flatMap(({ decides }) => decides ?? [])),
    matched: verdicts.flatMap(({ matched }) => matched),
  };
}

function verdictOf(
  scope: RiskScope,
  { decides, matched }: Applied,
  listed: readonly ListMatch[],
): RulesVerdict {
  const allowed = listed.filter(({ list }) => list === 'allow');
  const strict = listed
    .filter(({ list }) => list === 'block' || list === 'challenge')
    .filter((one) => !allowed.some((other) => passes(other, one)));
  const byList = [...strict, ...allowed].flatMap(spokenList);
  const byRule = matched.map((rule) => spokenRule(scope, rule));
  // Whoever is on the allow list is not asked about by rules, as long as no other list objects.
  const speaks = [
    ...strict.flatMap(spokenList),
    ...(decides === null ? [] : [spokenRule(scope, decides)]),
  ];
  const isAllowed = strict.length === 0 && allowed.length > 0;
  return {
    decides: isAllowed ? (byList[0] ?? null) : strictest(speaks),
    matched: [...byList, ...byRule],
  };
}

/** The first of the strictest; null: there is none. */
function strictest(spoken: readonly Spoken[]): Spoken | null {
  const [first, ...rest] = spoken;
  if (first === undefined) return null;
  return rest.reduce((a, b) => (compareActions(a.action, b.action) < 0 ? b : a), first);
}

function spokenRule(scope: RiskScope, { id, action, note }: RiskRule): Spoken {
  return { kind: 'rule', scope, id, action, note };
}

/** `watch` says nothing by itself. */
function spokenList({ scope, entryId, list, reason }: ListMatch): readonly Spoken[] {
  return list === 'watch' ? [] : [{ kind: 'list', scope, id: entryId, action: list, note: reason }];
}

/**
 * Rules and score together: an `allow` of the rules stands whatever the score says, anything else is as
 * strict as the stricter of the two. Null: it says nothing.
 */
export function outcomeOf(byRules: RiskAction | null, byScore: RiskAction | null): RiskAction {
  if (byRules === null || byRules === 'allow') return byRules ?? byScore ?? 'allow';
  return byScore !== null && compareActions(byRules, byScore) < 0 ? byScore : byRules;
}
