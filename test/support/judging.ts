/** Activities that judge risk, on a bench: rules and appetites are read for each payment, a test changes them between two. */
import { createActivities, type Activities } from '../../activities/index.ts';
import { createJudge, type JudgeOptions } from '../../activities/risk/judge.ts';
import { defaultModelPath, loadModel } from '../../activities/risk/load-model.ts';
import { findDecision, type RiskDecisionRow } from '../../db/risk-decisions.ts';
import { readRiskPolicy, readScreening } from '../../db/risk-screening.ts';
import type { PaymentState } from '../../domain/payment-state.ts';
import { featureNames } from '../../domain/risk/features.ts';
import type { RiskSettings } from '../../domain/risk/settings.ts';
import { openBench, type Bench } from './bench.ts';

/** Enough for a machine that does much else, so that only what a test makes slow is too slow. */
const benchBudgetMs = 500;

type Accepted = Parameters<Bench['accept']>[1];

export interface JudgingBench extends Bench {
  /** What a judge is made of, and what of it a test changes. */
  readonly judge: JudgeOptions;
  judging(changes?: Partial<JudgeOptions>): Activities;
  /** Of the bench's merchant. */
  wants(risk: RiskSettings): Promise<void>;
  /** Accepted, judged, and at rest. */
  made(changes?: Accepted, judging?: Activities): Promise<PaymentState>;
  decided(paymentId: string): Promise<RiskDecisionRow | null>;
}

export async function openJudgingBench(): Promise<JudgingBench> {
  const bench = await openBench();
  const model = loadModel(defaultModelPath, featureNames);
  const judge: JudgeOptions = {
    policies: { of: (id) => readRiskPolicy(bench.db, id), lastKnown: () => undefined },
    read: (id) => readScreening(bench.db, id),
    ...{
      model,
      shadows: [model],
      log: bench.deps.log,
      onAttack: 'tighten',
      budgetMs: benchBudgetMs,
    },
  };
  const judging: JudgingBench['judging'] = (changes = {}) =>
    createActivities({ ...bench.deps, risk: createJudge({ ...judge, ...changes }) });
  return {
    ...bench,
    ...{ judge, judging },
    wants: async (risk) => {
      const set = 'update merchants set risk = $1 where id = $2';
      await bench.rows.all(set, [risk, bench.merchantId]);
    },
    made: async (changes = {}, activities = judging()) => {
      const id = await bench.accept('tok_visa', changes);
      await activities.authorize({ paymentId: id });
      return bench.settle(id);
    },
    decided: (paymentId) => findDecision(bench.db, paymentId),
  };
}
