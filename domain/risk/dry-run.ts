/** What a draft of rules would have done to payments that were decided already, by the facts of then. */
import type { Facts } from './facts.ts';
import type { ListView, RiskScope } from './lists.ts';
import {
  applyRuleSets,
  outcomeOf,
  type RiskAction,
  type RiskRule,
  type RuleSet,
  type Spoken,
} from './rules.ts';

export interface PastDecision {
  readonly merchantId: string;
  readonly facts: Facts;
  readonly lists: ListView;
  /** By the score alone; null: there was none. */
  readonly scoreAction: RiskAction | null;
  /** The payment came to be disputed. */
  readonly disputed: boolean;
}

export interface RuleHits {
  readonly id: string;
  /** Held. */
  readonly hits: number;
  /** Held, and decided what rules and lists say. */
  readonly decided: number;
  /** Of payments that came to be disputed. */
  readonly disputedHits: number;
}

export interface DryRun {
  /** So many were looked at: the newest, of all there are. */
  readonly decisions: number;
  readonly rules: readonly RuleHits[];
  /** Payments whose outcome would have been another one. */
  readonly changes: readonly {
    readonly from: RiskAction;
    readonly to: RiskAction;
    readonly count: number;
  }[];
  /** Caught: not simply let through. */
  readonly disputes: {
    readonly total: number;
    readonly caughtBefore: number;
    readonly caughtAfter: number;
  };
}

/** `setsOf`: the rules in force for a merchant; the draft stands in the place of its scope's. */
export function dryRun(
  draft: { readonly scope: RiskScope; readonly rules: readonly RiskRule[] },
  setsOf: (merchantId: string) => readonly RuleSet[],
  past: readonly PastDecision[],
): DryRun {
  const hits = new Map(draft.rules.map(({ id }) => [id, { hits: 0, decided: 0, disputedHits: 0 }]));
  const changes = new Map<string, number>();
  const disputes = { total: 0, caughtBefore: 0, caughtAfter: 0 };
  for (const { merchantId, facts, lists, scoreAction, disputed } of past) {
    const sets = setsOf(merchantId);
    const drafted = [
      ...sets.filter(({ scope }) => scope !== draft.scope),
      { ...draft, version: 0 },
    ];
    const before = applyRuleSets(sets, facts, lists).decides;
    const after = applyRuleSets(drafted, facts, lists);
    const from = outcomeOf(before?.action ?? null, scoreAction);
    const to = outcomeOf(after.decides?.action ?? null, scoreAction);
    if (from !== to) changes.set(`${from} ${to}`, (changes.get(`${from} ${to}`) ?? 0) + 1);
    disputes.total += Number(disputed);
    disputes.caughtBefore += Number(disputed && from !== 'allow');
    disputes.caughtAfter += Number(disputed && to !== 'allow');
    for (const { kind, scope, id } of after.matched) {
      const hit = kind === 'rule' && scope === draft.scope ? hits.get(id) : undefined;
      if (hit === undefined) continue;
      hit.hits += 1;
      hit.decided += Number(isSame(after.decides, { kind, scope, id }));
      hit.disputedHits += Number(disputed);
    }
  }
  return {
    decisions: past.length,
    rules: [...hits].map(([id, counts]) => ({ id, ...counts })),
    changes: [...changes].map(([move, count]) => {
      const [from, to] = move.split(' ') as [RiskAction, RiskAction];
      return { from, to, count };
    }),
    disputes,
  };
}

function isSame(
  decides: Spoken | null,
  { kind, scope, id }: Pick<Spoken, 'kind' | 'scope' | 'id'>,
): boolean {
  return decides?.kind === kind && decides.scope === scope && decides.id === id;
}

/** The same draft on two parts of the past, as one. */
export function addDryRuns(a: DryRun, b: DryRun): DryRun {
  const moves = new Map(a.changes.map((change) => [`${change.from} ${change.to}`, change]));
  for (const change of b.changes) {
    const move = `${change.from} ${change.to}`;
    moves.set(move, { ...change, count: change.count + (moves.get(move)?.count ?? 0) });
  }
  return {
    decisions: a.decisions + b.decisions,
    rules: a.rules.map((one, index) => {
      const { hits = 0, decided = 0, disputedHits = 0 } = b.rules[index] ?? {};
      return {
        id: one.id,
        hits: one.hits + hits,
        decided: one.decided + decided,
        disputedHits: one.disputedHits + disputedHits,
      };
    }),
    changes: [...moves.values()],
    disputes: {
      total: a.disputes.total + b.disputes.total,
      caughtBefore: a.disputes.caughtBefore + b.disputes.caughtBefore,
      caughtAfter: a.disputes.caughtAfter + b.disputes.caughtAfter,
    },
  };
}
