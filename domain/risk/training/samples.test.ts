import { expect, test } from '@jest/globals';
import { splitByTime } from './samples.ts';

const at = Float64Array.of(1, 2, 3, 4, 4, 4, 5, 6);
const samples = { features: ['a'], columns: [at.map((second) => 10 * second)], labels: Uint8Array.of(0, 1, 0, 1, 0, 0, 1, 0), at }; // prettier-ignore

test.each([
  [0.5, 6],
  [0.25, 6],
  [0.7, 2],
  [0, 8],
])('the later part of %d begins after a time, never within it', (share, from) => {
  const { earlier, later } = splitByTime(samples, share);
  expect([...earlier.at, ...later.at]).toEqual([...at]);
  expect(later.at.length).toBe(8 - from);
  expect([...(later.columns[0] ?? [])]).toEqual([...later.at].map((second) => 10 * second));
  expect([...earlier.labels]).toEqual([...samples.labels.slice(0, from)]);
});
