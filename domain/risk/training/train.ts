/**
 * From labeled rows to what a model file holds, in two passes. The first learns from the earlier rows; the latest,
 * kept aside, say when boosting ends, how good it is, and how its scores become probabilities. The second learns
 * from all rows, as long as the first did.
 */
import { calibrated, type Calibration, type ModelMetrics, type RiskModel } from '../model.ts';
import { fitBoosting, type BoostingOptions } from './boosting.ts';
import { calibrate } from './calibrate.ts';
import { boostingLogOdds, logisticLogOdds } from './log-odds.ts';
import { fitLogistic, type LogisticOptions } from './logistic.ts';
import { areaUnderRoc, averagePrecision, brierScore, logLoss } from './metrics.ts';
import type { Random } from './random.ts';
import { positivesOf, splitByTime, type Samples } from './samples.ts';

/** Of the rows, kept aside in the first pass: one day of a week. */
const asideShare = 1 / 7;
/** Of frauds and of good payments, in both parts: a line through fewer says nothing. */
const eachMin = 10;

export type Trained = Omit<RiskModel, 'format' | 'version' | 'seed' | 'data'> & TrainedBody;
type TrainedBody = { readonly kind: RiskModel['kind'] } & (
  | Pick<Extract<RiskModel, { kind: 'logistic' }>, 'kind' | 'logistic'>
  | Pick<Extract<RiskModel, { kind: 'boosting' }>, 'kind' | 'boosting'>
);

/** Throws a RangeError where there are too few rows of a kind. */
export function trainLogistic(samples: Samples, options: LogisticOptions): Trained {
  const { earlier, later } = splitForTraining(samples);
  const first = logisticLogOdds(fitLogistic(earlier, options), later);
  const { intercept, means, deviations, weights } = fitLogistic(samples, options);
  return {
    kind: 'logistic',
    features: samples.features,
    options: { ...options },
    ...judgedAside(later, first),
    logistic: { intercept, means, deviations, weights },
  };
}

/** `draws` makes the same chance for both passes. Throws as `trainLogistic`. */
export function trainBoosting(
  samples: Samples,
  options: BoostingOptions,
  draws: () => Random,
): Trained {
  const { earlier, later } = splitForTraining(samples);
  const { body } = fitBoosting(earlier, options, draws(), later);
  const rounds = body.roots.length;
  const all = fitBoosting(samples, { ...options, roundsMax: rounds }, draws());
  return {
    kind: 'boosting',
    features: samples.features,
    options: { ...options, rounds },
    ...judgedAside(later, boostingLogOdds(body, later)),
    boosting: all.body,
  };
}

function splitForTraining(samples: Samples): ReturnType<typeof splitByTime> {
  const parts = splitByTime(samples, asideShare);
  for (const [name, part] of Object.entries(parts)) {
    const frauds = positivesOf(part);
    const fewer = Math.min(frauds, part.labels.length - frauds);
    if (fewer < eachMin) {
      const found = `${String(part.labels.length)} rows with ${String(frauds)} frauds`;
      throw new RangeError(`the ${name} part has ${found}: ${String(eachMin)} of each are needed`);
    }
  }
  return parts;
}

function judgedAside(
  later: Samples,
  logOdds: Float64Array,
): Pick<Trained, 'metrics' | 'calibration'> {
  const calibration = calibrate(later.labels, logOdds);
  const aside = judge(later.labels, logOdds, calibration);
  return { metrics: { aside, test: null }, calibration };
}

export function judge(
  labels: Uint8Array,
  logOdds: Float64Array,
  calibration: Calibration,
): ModelMetrics {
  const probabilities = logOdds.map((score) => calibrated(calibration, score));
  return {
    rows: labels.length,
    frauds: labels.reduce((sum, label) => sum + label, 0),
    auc: areaUnderRoc(labels, logOdds),
    ap: averagePrecision(labels, logOdds),
    brier: brierScore(labels, probabilities),
    log_loss: logLoss(labels, probabilities),
  };
}

/** Of a trained model or one that was read. */
export function logOddsOf(model: Trained | RiskModel, samples: Samples): Float64Array {
  return model.kind === 'logistic'
    ? logisticLogOdds(model.logistic, samples)
    : boostingLogOdds(model.boosting, samples);
}
