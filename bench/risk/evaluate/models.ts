/** One seed: a simulation, every model trained on its training week and judged by its test week. */
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { defaultBoosting, defaultLogistic } from '../../../domain/risk/training/defaults.ts';
import { areaUnderRoc, averagePrecision } from '../../../domain/risk/training/metrics.ts';
import { createRandom } from '../../../domain/risk/training/random.ts';
import { positivesOf } from '../../../domain/risk/training/samples.ts';
import { logOddsOf, trainBoosting, trainLogistic } from '../../../domain/risk/training/train.ts';
import { cardPrecision } from '../simulation/card-precision.ts';
import { handbookSize } from '../simulation/payments.ts';
import { simulate, type Simulated } from '../simulation/simulated.ts';
import { runSklearn } from './sklearn.ts';

export interface Figures {
  readonly auc: number;
  readonly ap: number;
  readonly cp100: number;
}

export interface SeedJudged {
  readonly seed: number;
  readonly payments: number;
  readonly frauds: number;
  readonly train: { readonly rows: number; readonly frauds: number };
  readonly test: { readonly rows: number; readonly frauds: number };
  readonly models: Readonly<Record<string, Figures>>;
  readonly trainSeconds: Readonly<Record<string, number>>;
  readonly sklearnVersion: string | null;
  /** Between its own figures and ours for the same scores, the largest difference; null: not had. */
  readonly apart: number | null;
}

/** `python`: one that has scikit-learn; null: none could be had. */
export async function judgeSeed(
  seed: number,
  home: string,
  python: string | null,
): Promise<SeedJudged> {
  const simulated = simulate(seed, handbookSize);
  const { train, test, payments } = simulated;
  const trainSeconds: Record<string, number> = {};
  const timed = <T>(name: string, run: () => T): T => {
    const startedAt = performance.now();
    const made = run();
    trainSeconds[name] = Math.round(performance.now() - startedAt) / 1_000;
    return made;
  };
  const logistic = timed('logistic', () => trainLogistic(train, defaultLogistic));
  const boosting = timed('boosting', () =>
    trainBoosting(train, defaultBoosting, () => createRandom(seed)),
  );
  const models: Record<string, Figures> = {
    constant: figuresOf(simulated, new Float64Array(test.labels.length)),
    logistic: figuresOf(simulated, logOddsOf(logistic, test)),
    boosting: figuresOf(simulated, logOddsOf(boosting, test)),
  };
  const folder = join(home, String(seed));
  mkdirSync(folder);
  const sklearn =
    python === null ? null : await runSklearn(python, folder, simulated, boosting.options);
  let apart = 0;
  for (const [name, { scores, auc, ap }] of sklearn?.models ?? []) {
    const counted = figuresOf(simulated, scores);
    models[name] = counted;
    apart = Math.max(apart, Math.abs(counted.auc - auc), Math.abs(counted.ap - ap));
  }
  return {
    ...{ seed, payments: payments.count, models, trainSeconds },
    frauds: payments.fraud.reduce((sum, kind) => sum + (kind === 0 ? 0 : 1), 0),
    train: { rows: train.labels.length, frauds: positivesOf(train) },
    test: { rows: test.labels.length, frauds: positivesOf(test) },
    sklearnVersion: sklearn?.version ?? null,
    apart: sklearn === null ? null : apart,
  };
}

function figuresOf({ test, testCards, testDays }: Simulated, scores: Float64Array): Figures {
  const cards = { cards: testCards, days: testDays, labels: test.labels };
  return {
    auc: areaUnderRoc(test.labels, scores),
    ap: averagePrecision(test.labels, scores),
    cp100: cardPrecision(cards, scores, 100),
  };
}
