/**
 * `npm run risk:train`: trains a model and writes its file. Without more on simulated payments, which gives the
 * model that comes with Tender; with `-- --labels FILE --out FILE` on labeled feature vectors, from disputes.
 * Options: `--kind boosting|logistic`, `--seed N`. The same input gives the same bytes.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { calibrated, type Calibration, type RiskModel } from '../domain/risk/model.ts';
import { defaultBoosting, defaultLogistic } from '../domain/risk/training/defaults.ts';
import { reliability } from '../domain/risk/training/metrics.ts';
import { createRandom } from '../domain/risk/training/random.ts';
import type { Samples } from '../domain/risk/training/samples.ts';
import { judge, logOddsOf, trainBoosting, trainLogistic, type Trained } from '../domain/risk/training/train.ts'; // prettier-ignore
import { formatModel, makeModel } from './risk-train/model-file.ts';
import { readOptions, type TrainOptions } from './risk-train/options.ts';
import { readLabels } from './risk-train/read-labels.ts';

function train(samples: Samples, { kind, seed }: TrainOptions): Trained {
  return kind === 'logistic'
    ? trainLogistic(samples, defaultLogistic)
    : trainBoosting(samples, defaultBoosting, () => createRandom(seed));
}

async function makeFrom(options: TrainOptions): Promise<RiskModel> {
  const { labels, seed } = options;
  if (labels === undefined) return makeFromSimulation(options);
  const samples = readLabels(readFileSync(labels, 'utf8'));
  return makeModel(train(samples, options), samples, { source: 'labels', seed });
}

async function makeFromSimulation(options: TrainOptions): Promise<RiskModel> {
  // Loaded only here: an image for production holds no benchmarks, and trains on labels all the same.
  const { handbookSize } = await import('../bench/risk/simulation/payments.ts');
  const { simulate } = await import('../bench/risk/simulation/simulated.ts');
  const simulated = simulate(options.seed, handbookSize);
  const trained = train(simulated.train, options);
  const scores = logOddsOf(trained, simulated.test);
  const test = judge(simulated.test.labels, scores, trained.calibration);
  tellReliability(simulated.test.labels, scores, trained.calibration);
  const judged: Trained = { ...trained, metrics: { ...trained.metrics, test } };
  return makeModel(judged, simulated.train, { source: 'simulation', seed: options.seed });
}

/** On the other channel: what is printed last on this one is for tools. */
function tellReliability(labels: Uint8Array, scores: Float64Array, calibration: Calibration): void {
  const probabilities = scores.map((score) => calibrated(calibration, score));
  console.error('probability from    rows    said  happened');
  for (const one of reliability(labels, probabilities, [0.001, 0.01, 0.1, 0.5, 0.9])) {
    const shares = [one.said, one.happened].map((share) => share.toFixed(4).padStart(9));
    console.error(
      `${String(one.from).padStart(16)}${String(one.rows).padStart(8)}${shares.join('')}`,
    );
  }
}

try {
  const options = readOptions(process.argv.slice(2));
  const model = await makeFrom(options);
  // Whoever reads it meanwhile sees the old or the new one, whole.
  const part = `${options.out}.${process.pid}.part`;
  writeFileSync(part, formatModel(model));
  renameSync(part, options.out);
  const { version, data, metrics } = model;
  console.log(JSON.stringify({ name: 'risk:train', ok: true, version, ...data, metrics }));
} catch (error) {
  console.error(`risk:train: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
