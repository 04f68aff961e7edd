/**
 * `npm run risk:search`: the values that boosting is trained with, looked for on training weeks only, of seeds
 * that `npm run risk:evaluate` does not use: six days to learn from, the seventh to be judged by. Prints a
 * line per choice, the best last; docs/risk.md has the outcome. Takes some ten minutes.
 */
import { fitBoosting } from '../domain/risk/training/boosting.ts';
import { defaultBoosting } from '../domain/risk/training/defaults.ts';
import { boostingLogOdds } from '../domain/risk/training/log-odds.ts';
import { averagePrecision, logLoss } from '../domain/risk/training/metrics.ts';
import { createRandom } from '../domain/risk/training/random.ts';
import { splitByTime } from '../domain/risk/training/samples.ts';
import { sigmoid } from '../domain/risk/model.ts';
import { handbookSize } from './risk/simulation/payments.ts';
import { simulate } from './risk/simulation/simulated.ts';

const seeds = [101, 102, 103];
const shapes = [
  { leavesMax: 4, depthMax: 2 },
  { leavesMax: 8, depthMax: 3 },
  { leavesMax: 8, depthMax: 6 },
  { leavesMax: 16, depthMax: 6 },
];
const choices = shapes.flatMap((shape) =>
  [0.05, 0.1].flatMap((learningRate) =>
    [0.5, 1].map((rowShare) => ({ ...shape, learningRate, rowShare })),
  ),
);

const weeks = seeds.map((seed) => splitByTime(simulate(seed, handbookSize).train, 1 / 7));
const mean = (of: readonly number[]): number => of.reduce((sum, one) => sum + one, 0) / of.length;
const tried = choices.map((choice) => {
  const judged = weeks.map(({ earlier, later }) => {
    const options = { ...defaultBoosting, ...choice };
    const { body } = fitBoosting(earlier, options, createRandom(0), later);
    const scores = boostingLogOdds(body, later);
    const ap = averagePrecision(later.labels, scores);
    return { ap, loss: logLoss(later.labels, scores.map(sigmoid)), rounds: body.roots.length };
  });
  const made = {
    ap: mean(judged.map(({ ap }) => ap)),
    loss: mean(judged.map(({ loss }) => loss)),
    rounds: mean(judged.map(({ rounds }) => rounds)),
  };
  console.log(JSON.stringify({ ...choice, ...made }));
  return { ...choice, ...made };
});
const [best] = tried.toSorted((a, b) => b.ap - a.ap);
console.log(JSON.stringify({ name: 'risk:search', seeds, best }));
