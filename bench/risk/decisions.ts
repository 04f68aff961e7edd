/** The decision as a payment meets it, by callers that each wait for their own: read, rules, lists, score, appetite. */
import { createJudge, type RiskJudge } from '../../activities/risk/judge.ts';
import { createPolicies } from '../../activities/risk/policies.ts';
import type { Db } from '../../db/client.ts';
import { getPayment } from '../../db/payments.ts';
import { readRiskPolicy, readScreening } from '../../db/risk-screening.ts';
import { paymentState } from '../../db/snapshot.ts';
import type { PaymentState } from '../../domain/payment-state.ts';
import type { FeatureVector } from '../../domain/risk/features.ts';
import { scoreOf, type RiskModel } from '../../domain/risk/model.ts';

export interface Round {
  readonly latenciesMs: readonly number[];
  readonly scoresUs: readonly number[];
  /** Decisions that were made blind, because they took too long: they are no decisions. */
  readonly blind: number;
}

export const callers = 8;
/** Payments to be judged, read before: in service they come from the commit that accepts them. */
const asked = 1_000;

export interface Decider {
  readonly judge: RiskJudge;
  readonly payments: readonly PaymentState[];
  readonly model: RiskModel;
  /** Of the last decision. */
  readonly features: () => FeatureVector | undefined;
}

export async function createDecider(
  db: Db,
  model: RiskModel,
  paymentIds: readonly string[],
): Promise<Decider> {
  let features: FeatureVector | undefined;
  const payments: PaymentState[] = [];
  for (const id of paymentIds.slice(0, asked)) {
    payments.push(paymentState(await getPayment(db, id)));
  }
  const judge = createJudge({
    policies: createPolicies((merchantId) => readRiskPolicy(db, merchantId)),
    read: async (id) => {
      const screening = await readScreening(db, id);
      ({ features } = screening);
      return screening;
    },
    ...{ model, shadows: [], onAttack: 'tighten' },
    log: { info: () => undefined, warn: () => undefined },
  });
  return { judge, payments, model, features: () => features };
}

export async function decide(decider: Decider, forMs: number): Promise<Round> {
  const { judge, payments, model } = decider;
  const [latenciesMs, scoresUs]: [number[], number[]] = [[], []];
  const endAt = performance.now() + forMs;
  let blind = 0;
  let next = Math.floor(Math.random() * payments.length);
  const caller = async (): Promise<void> => {
    while (performance.now() < endAt) {
      next = (next + 1) % payments.length;
      const payment = payments[next];
      if (payment === undefined) throw new Error('no payment is stored');
      const startedAt = performance.now();
      const { mode } = await judge.judge(payment);
      latenciesMs.push(performance.now() - startedAt);
      if (mode !== 'scored') blind += 1;
      scoresUs.push(timeScore(model, decider.features()));
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return { latenciesMs, scoresUs, blind };
}

/** Once more, by itself, on what was just read: that the clock is read twice counts as well. */
function timeScore(model: RiskModel, features: FeatureVector | undefined): number {
  if (features === undefined) return 0;
  const startedAt = performance.now();
  scoreOf(model, features);
  return 1_000 * (performance.now() - startedAt);
}
