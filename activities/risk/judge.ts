/**
 * Judges the risk of a payment, in time or not at all: within the budget, with what PostgreSQL knows, else as
 * the merchant wants it where risk cannot be told. Never throws, and never keeps a payment waiting for longer.
 */
import {
  circuitBreaker,
  ConsecutiveBreaker,
  handleAll,
  isBrokenCircuitError,
  isTaskCancelledError,
  timeout,
  type TimeoutPolicy,
  TimeoutStrategy,
  wrap,
} from 'cockatiel';
import type { Screening } from '../../db/risk-screening.ts';
import type { PaymentState } from '../../domain/payment-state.ts';
import {
  assess,
  assessBlind,
  type Assessment,
  type FailReason,
  type Policy,
} from '../../domain/risk/assessment.ts';
import { detect } from '../../domain/risk/detectors.ts';
import type { EntityKind } from '../../domain/risk/lists.ts';
import { tighten } from '../../domain/risk/tightening.ts';
import { comparable, flatFacts, type Facts } from '../../domain/risk/facts.ts';
import type { OnAttack } from '../../domain/risk/settings.ts';
import { scoreOf, type RiskModel, type RiskScore } from '../../domain/risk/model.ts';
import type { Log } from '../deps.ts';
import type { Policies } from './policies.ts';

/** What a shopper waits for it at most. */
const budgetMsDefault = 50;
/** The first time a process meets a merchant it asks what that wants: once, and worth waiting for. */
const policyMs = 1_000;
/** So many in a row that failed or were too slow, and it is left alone for a while. */
const failuresInARow = 10;
const leftAloneMs = 5_000;

export interface JudgeOptions {
  readonly policies: Policies;
  /** In one round trip, on connections of its own. */
  readonly read: (paymentId: string) => Promise<Screening>;
  readonly model: RiskModel;
  /** They look on: what they say is kept, and decides nothing. */
  readonly shadows: readonly RiskModel[];
  /** Where a merchant has not said what an attack brings about. */
  readonly onAttack: OnAttack;
  /** Left out: 50. */
  readonly budgetMs?: number;
  readonly log: Log;
}

export interface RiskJudge {
  judge(payment: PaymentState): Promise<Assessment>;
}

/** Nobody knows what the merchant wants: its shopper is asked to prove who they are. */
const noPolicy: Policy = {
  settings: { on_failure: 'challenge' },
  sets: [
    { scope: 'global', version: 0, rules: [] },
    { scope: 'merchant', version: 0, rules: [] },
  ],
};

export function createJudge(options: JudgeOptions): RiskJudge {
  const { policies, read, log, budgetMs = budgetMsDefault } = options;
  const within = (ms: number): TimeoutPolicy => timeout(ms, TimeoutStrategy.Aggressive);
  const breaker = circuitBreaker(handleAll, {
    halfOpenAfter: leftAloneMs,
    breaker: new ConsecutiveBreaker(failuresInARow),
  });
  // First, because it says what is to be done when the rest fails; nearly always it is at hand.
  const policyOf = (merchantId: string, forMs: number): Promise<Policy> =>
    within(forMs)
      .execute(() => policies.of(merchantId))
      .catch((error: unknown) => {
        const known = policies.lastKnown(merchantId);
        if (known === undefined) throw new PolicyError(String(error));
        return known;
      });
  return {
    judge: async (payment) => {
      const until = performance.now() + budgetMs;
      const isKnown = policies.lastKnown(payment.merchantId) !== undefined;
      let policy = noPolicy;
      try {
        policy = await policyOf(payment.merchantId, isKnown ? budgetMs : policyMs);
        const left = isKnown ? Math.max(1, until - performance.now()) : budgetMs;
        const guard = wrap(breaker, within(left));
        const screening = await guard.execute(() => read(payment.id));
        const assessment = judged(options, payment, policy, screening);
        for (const found of assessment.reasons) {
          if (found.kind !== 'attack') continue;
          log.warn({ merchantId: payment.merchantId, ...found }, 'card testing');
        }
        return assessment;
      } catch (error) {
        const because = reasonOf(error);
        log.warn({ paymentId: payment.id, because, error: String(error) }, 'risk is not known');
        return blind(payment, policy, because);
      }
    },
  };
}

/** Rules that cannot even be read say nothing: as if nobody knew what the merchant wants. */
function blind(payment: PaymentState, policy: Policy, because: FailReason): Assessment {
  const facts = factsOf(payment, null);
  try {
    return assessBlind(policy, facts, because);
  } catch {
    return assessBlind(noPolicy, facts, 'rules');
  }
}

class PolicyError extends Error {}
class ModelError extends Error {}

function reasonOf(error: unknown): FailReason {
  if (isTaskCancelledError(error)) return 'slow';
  if (isBrokenCircuitError(error)) return 'breaker_open';
  if (error instanceof PolicyError) return 'rules';
  return error instanceof ModelError ? 'model' : 'features';
}

function judged(
  { model, shadows, onAttack }: JudgeOptions,
  payment: PaymentState,
  policy: Policy,
  screening: Screening,
): Assessment {
  const { features, lists, facts } = screening;
  const score = scored(model, features);
  if (score === null) throw new ModelError(`the model ${model.version} says nothing`);
  return assess({
    ...{ policy, lists, modelVersion: model.version, score },
    onAttack,
    attacks: tighten(detect(features, { watched: watchedOf(lists) }), (entity) =>
      valueOf(facts, payment, entity),
    ),
    facts: factsOf(payment, screening),
    shadows: shadows.map((shadow) => ({
      version: shadow.version,
      score: scored(shadow, features),
    })),
  });
}

/** By an attack before, or by its staff. */
function watchedOf({ matches }: Screening['lists']): readonly EntityKind[] {
  return matches.flatMap(({ list, entity }) => (list === 'watch' ? [entity] : []));
}

function valueOf(
  facts: Screening['facts'],
  { paymentMethod }: PaymentState,
  entity: EntityKind,
): string | null {
  const value = entity === 'country' ? (paymentMethod.country ?? null) : facts[entity];
  return value === null ? null : String(value);
}

function scored(model: RiskModel, features: Readonly<Record<string, number>>): RiskScore | null {
  try {
    return scoreOf(model, features);
  } catch {
    return null;
  }
}

/** `screening` null: only what the payment says by itself. */
function factsOf(payment: PaymentState, screening: Screening | null): Facts {
  const { paymentMethod } = payment;
  const at = new Date(screening?.asOf ?? payment.now);
  return flatFacts(screening?.features ?? {}, {
    amount: comparable(payment.amount),
    currency: payment.currency,
    merchant_id: payment.merchantId,
    method: paymentMethod.type,
    wallet: paymentMethod.wallet ?? null,
    brand: paymentMethod.brand ?? null,
    bin: screening?.facts.bin ?? null,
    country: paymentMethod.country ?? null,
    email_domain: screening?.emailDomain ?? null,
    off_session: payment.offSession,
    regulated: payment.regulated,
    known_customer: screening?.knownCustomer ?? null,
    capture_method: payment.captureMethod,
    attempt_number: payment.attempts.length + 1,
    hour_of_day: at.getUTCHours(),
    day_of_week: at.getUTCDay(),
  });
}
