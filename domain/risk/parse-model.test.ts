import { expect, test } from '@jest/globals';
import { parseModel } from './parse-model.ts';

const figures = { rows: 9, frauds: 2, auc: 0.9, ap: 0.6, brier: 0.01, log_loss: 0.02 };
const head = {
  format: 1,
  version: 'boosting-1',
  seed: 7,
  features: ['amount', 'is_night'],
  data: { source: 'labels', hash: 'abc', rows: 9, frauds: 2, from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' }, // prettier-ignore
  options: { l2: 1 },
  metrics: { aside: figures, test: null },
  calibration: { method: 'platt', slope: 1, intercept: 0, rows: 9 },
};
const logistic = { ...head, kind: 'logistic', logistic: { intercept: 0, means: [1, 0], deviations: [1, 1], weights: [1, 2] } }; // prettier-ignore
const boosting = {
  ...head,
  kind: 'boosting',
  boosting: { intercept: -4, roots: [0], feature: [0, 0, 0], threshold: [10, 0, 0], left: [1, 0, 0], value: [0, -1, 1] }, // prettier-ignore
};

test.each([logistic, boosting])('what was written is read: %#', (file) => {
  expect(parseModel(JSON.parse(JSON.stringify(file)), ['amount', 'is_night', 'more'])).toEqual(
    file,
  );
});

const ofTrees = (changes: object): object => ({ ...boosting, boosting: { ...boosting.boosting, ...changes } }); // prettier-ignore
const ofLine = (changes: object): object => ({ ...logistic, logistic: { ...logistic.logistic, ...changes } }); // prettier-ignore

test.each<[string, unknown, string]>([
  ['no object', [], 'the file: must be an object, is []'],
  ['another format', { ...logistic, format: 2 }, 'format: must be 1, is 2'],
  ['another kind', { ...logistic, kind: 'onnx' }, 'kind: must be logistic or boosting, is "onnx"'],
  ['no version', { ...logistic, version: '' }, 'version: must be a text, is ""'],
  ['no features', { ...logistic, features: [] }, 'features: must be at least one, is "none"'],

  ['a feature nobody has', { ...logistic, features: ['amount', 'shoe_size'] }, 'features[1]: must be a known feature, is "shoe_size"'], // prettier-ignore
  ['another source', { ...logistic, data: { ...head.data, source: 'x' } }, 'data.source: must be'],
  ['half a row', { ...logistic, data: { ...head.data, rows: 0.5 } }, 'data.rows: must be a whole'],
  ['an option in words', { ...logistic, options: { l2: 'much' } }, 'options.l2: must be a number'],
  ['a figure left out', { ...logistic, metrics: { aside: { ...figures, ap: null }, test: null } }, 'metrics.aside.ap: must be a number, is null'], // prettier-ignore
  ['test figures left out', { ...logistic, metrics: { aside: figures } }, 'metrics.test: must be an object, is nothing'], // prettier-ignore
  ['a calibration that turns round', { ...logistic, calibration: { ...head.calibration, slope: -1 } }, 'calibration.slope: must be at least 0'], // prettier-ignore
  ['too few weights', ofLine({ weights: [1] }), 'logistic.weights: must be one number per feature (2)'], // prettier-ignore
  ['a deviation of 0', ofLine({ deviations: [1, 0] }), 'logistic.deviations[1]: must be above 0'],
  [
    'a tree without end',
    ofTrees({ left: [1, 1, 0] }),
    'boosting.left[1]: must be 0 or a later node',
  ],
  ['a child that is not there', ofTrees({ left: [2, 0, 0] }), 'boosting.left[0]: must be 0 or a later node of 3, is 2'], // prettier-ignore
  ['a root that is not there', ofTrees({ roots: [3] }), 'boosting.roots[0]: must be below 3'],
  ['a feature beyond the list', ofTrees({ feature: [2, 0, 0] }), 'boosting.feature[0]: must be a place'], // prettier-ignore
  ['too few thresholds', ofTrees({ threshold: [1] }), 'boosting.threshold: must be one number per node'], // prettier-ignore
  ['a value that is none', ofTrees({ value: [0, null, 1] }), 'boosting.value[1]: must be a number'],
])('%s is refused by its place', (_, file, message) => {
  expect(() => parseModel(file, ['amount', 'is_night'])).toThrow(`risk model: ${message}`);
});

test('a feature named twice is refused where nothing is known of features', () => {
  expect(() => parseModel({ ...logistic, features: ['a', 'a'] })).toThrow('features[1]: must be named once'); // prettier-ignore
});
