/**
 * What rules, lists, score and the merchant's appetite make of a payment, with all that it was decided by.
 * Kept with the attempt that follows, or with the block.
 */
import type { Facts } from './facts.ts';
import { noLists, type ListView } from './lists.ts';
import type { RiskScore } from './model.ts';
import type { Tightening } from './tightening.ts';
import {
  applyRuleSets,
  compareActions,
  outcomeOf,
  type RiskAction,
  type RuleSet,
  type Spoken,
} from './rules.ts';
import type { FailMode, OnAttack, RiskSettings } from './settings.ts';

/** Why risk could not be told: what was not there, was too slow, or was not even asked. */
export type FailReason = 'slow' | 'breaker_open' | 'rules' | 'features' | 'model';

export type RiskReason =
  | ({ readonly kind: 'rule' | 'list' } & Omit<Spoken, 'kind'>)
  | { readonly kind: 'score'; readonly action: RiskAction; readonly at_least: number }
  | {
      readonly kind: 'feature';
      readonly feature: string;
      readonly value: number;
      /** To the log odds. */
      readonly contribution: number;
    }
  /** Card testing, or another attack that this payment stands in. */
  | ({ readonly kind: 'attack' } & Pick<Tightening, 'detector' | 'entity' | 'reason'> & {
        readonly action: RiskAction;
      })
  | { readonly kind: 'failure'; readonly action: RiskAction; readonly because: FailReason }
  /** As its tries with other providers were, of the same card a moment ago. */
  | { readonly kind: 'earlier_try'; readonly action: RiskAction }
  /** It was to be challenged or held, and its method or its providers cannot be. */
  | { readonly kind: 'not_possible'; readonly action: RiskAction; readonly because: string };

export interface ShadowScore {
  readonly version: string;
  /** Null: it could not be told. */
  readonly score: number | null;
  readonly action: RiskAction | null;
}

export interface Assessment {
  readonly outcome: RiskAction;
  /** What decided comes first. */
  readonly reasons: readonly RiskReason[];
  readonly score: number | null;
  readonly scoreAction: RiskAction | null;
  readonly modelVersion: string | null;
  readonly globalRulesVersion: number;
  readonly merchantRulesVersion: number;
  readonly facts: Facts;
  readonly lists: ListView;
  readonly mode: 'scored' | FailMode;
  readonly failReason: FailReason | null;
  /** Of models that only look on. */
  readonly shadows: readonly ShadowScore[];
  /** What is to stand on the merchant's lists for a while, because of an attack. */
  readonly tightenings: readonly Tightening[];
}

export interface Policy {
  readonly sets: readonly RuleSet[];
  readonly settings: RiskSettings;
}

/** So many features are named; the weightiest that speak for fraud. */
const featuresNamed = 5;

/** From the strictest to the laxest, the first whose probability is reached. */
export function scoreAction({ appetite = {} }: RiskSettings, probability: number): RiskAction {
  for (const action of ['block', 'review', 'challenge'] as const) {
    const from = appetite[action];
    if (from != null && probability >= from) return action;
  }
  return 'allow';
}

export interface Scored {
  readonly policy: Policy;
  readonly facts: Facts;
  readonly lists: ListView;
  readonly modelVersion: string;
  readonly score: RiskScore;
  readonly shadows: readonly { readonly version: string; readonly score: RiskScore | null }[];
  /** What is to be done about the attacks that it stands in. */
  readonly attacks: readonly Tightening[];
  /** Where the merchant has not said what an attack brings about. */
  readonly onAttack: OnAttack;
}

export function assess(scored: Scored): Assessment {
  const { policy, facts, lists, modelVersion, score, shadows } = scored;
  const tightens = (policy.settings.on_attack ?? scored.onAttack) === 'tighten';
  const tightenings = tightens ? scored.attacks : [];
  const { probability } = score;
  const byScore = scoreAction(policy.settings, probability);
  const { decides, matched } = applyRuleSets(policy.sets, facts, lists);
  const calm = outcomeOf(decides?.action ?? null, byScore);
  // Whoever is allowed by name is not stopped for the crowd around.
  const isStopped = tightens && decides?.action !== 'allow';
  const attacks = scored.attacks.map((attack) => attackReason(attack, isStopped));
  const outcome = attacks.reduce((worst, { action }) => stricter(worst, action), calm);
  const byModel: RiskReason[] = [
    ...(byScore === 'allow'
      ? []
      : [{ kind: 'score', action: byScore, at_least: reached(policy.settings, byScore) } as const]),
    ...score.reasons
      .filter(({ contribution }) => contribution > 0)
      .slice(0, featuresNamed)
      .map((reason) => ({ kind: 'feature', ...reason }) as const),
  ];
  const ruled = spokenFirst(decides, matched);
  const byRules = decides !== null && decides.action === outcome;
  const rest = byRules ? [...ruled, ...attacks, ...byModel] : [...byModel, ...attacks, ...ruled];
  return {
    outcome,
    reasons: outcome === calm ? rest : [...attacks, ...rest.filter((r) => r.kind !== 'attack')],
    ...{ score: probability, scoreAction: byScore, modelVersion, facts, lists },
    ...versions(policy),
    ...{ mode: 'scored', failReason: null, tightenings },
    shadows: shadows.map(({ version, score: shadow }) => ({
      version,
      score: shadow?.probability ?? null,
      action: shadow === null ? null : scoreAction(policy.settings, shadow.probability),
    })),
  };
}

function attackReason(
  { detector, entity, reason, action }: Tightening,
  isStopped: boolean,
): RiskReason & { readonly kind: 'attack' } {
  return { kind: 'attack', action: isStopped ? action : 'allow', detector, entity, reason };
}

function stricter(a: RiskAction, b: RiskAction): RiskAction {
  return compareActions(a, b) < 0 ? b : a;
}

function reached({ appetite = {} }: RiskSettings, action: Exclude<RiskAction, 'allow'>): number {
  return appetite[action] ?? 1;
}

function spokenFirst(decides: Spoken | null, matched: readonly Spoken[]): readonly RiskReason[] {
  const others = matched.filter((one) => one.id !== decides?.id);
  return [...(decides === null ? [] : [decides]), ...others];
}

function versions({
  sets,
}: Policy): Pick<Assessment, 'globalRulesVersion' | 'merchantRulesVersion'> {
  const of = (scope: RuleSet['scope']): number =>
    sets.find((set) => set.scope === scope)?.version ?? 0;
  return { globalRulesVersion: of('global'), merchantRulesVersion: of('merchant') };
}

/**
 * Risk cannot be told: the merchant has said what then. The rules go on saying what they say of the payment by
 * itself, and where they are stricter they stand; nothing that was not looked up speaks for anybody.
 */
export function assessBlind(policy: Policy, facts: Facts, because: FailReason): Assessment {
  const mode = policy.settings.on_failure ?? 'allow_with_rules';
  const { decides, matched } = applyRuleSets(policy.sets, facts, noLists);
  const wanted: RiskAction = mode === 'allow_with_rules' ? 'allow' : mode;
  const byRules = decides?.action === 'allow' ? null : (decides?.action ?? null);
  const outcome = outcomeOf(byRules, wanted);
  return {
    outcome,
    reasons: [{ kind: 'failure', action: wanted, because }, ...spokenFirst(decides, matched)],
    ...{ score: null, scoreAction: null, modelVersion: null, facts, lists: noLists },
    ...versions(policy),
    ...{ mode, failReason: because, shadows: [], tightenings: [] },
  };
}
