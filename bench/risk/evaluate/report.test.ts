/** When the evaluation is not ok: data of another difficulty, or boosting behind scikit-learn's. */
import { expect, test } from '@jest/globals';
import type { Figures, SeedJudged } from './models.ts';
import { makeReport } from './report.ts';

const run = { commit: null, seconds: 1 };
const logistic: Figures = { auc: 0.88, ap: 0.63, cp100: 0.28 };
const boosting: Figures = { auc: 0.88, ap: 0.65, cp100: 0.28 };

function judged(models: Readonly<Record<string, Figures>>, apart: number | null = 0): SeedJudged {
  const part = { rows: 10, frauds: 1 };
  return {
    ...{ seed: 1, payments: 100, frauds: 1, train: part, test: part, trainSeconds: {} },
    ...{ models: { logistic, boosting, ...models }, sklearnVersion: '1', apart },
  };
}
const sklearn = (ap: number): Readonly<Record<string, Figures>> => ({ sklearn_boosting: { ...boosting, ap } }); // prettier-ignore

test.each<[string, readonly SeedJudged[], boolean]>([
  ['as good as scikit-learn', [judged(sklearn(0.65))], true],
  ['a little behind', [judged(sklearn(0.659))], true],
  ['too far behind', [judged(sklearn(0.661))], false],
  [
    'too far behind in one seed, not in the mean',
    [judged(sklearn(0.67)), judged(sklearn(0.6))],
    true,
  ],
  ['without scikit-learn', [judged({}, null)], true],
  ['easier data', [judged({ logistic: { ...logistic, ap: 0.64 } })], false],
  ['harder data', [judged({ logistic: { ...logistic, auc: 0.84 } })], false],
  ['no logistic regression', [judged({ logistic: { ...logistic, cp100: NaN } })], false],
  ['figures that are counted otherwise', [judged(sklearn(0.65), 1e-6)], false],
  ['nothing', [], false],
])('%s', (_, seeds, ok) => {
  expect(makeReport(seeds, null, run).ok).toBe(ok);
});

test('figures are the mean of the seeds, and each is there', () => {
  const other = { ...boosting, auc: 0.9 };
  const { json } = makeReport([judged({}), judged({ boosting: other })], 'no python3', run);
  expect(json).toMatchObject({
    seeds: 2,
    models: { boosting: { auc: 0.89, ap: 0.65, cp100: 0.28 } },
  });
  expect(json).toMatchObject({
    by_seed: [{ models: { boosting } }, { models: { boosting: other } }],
  });
  expect(json).toMatchObject({ name: 'risk:evaluate', ok: true, sklearn_missing: 'no python3' });
});
