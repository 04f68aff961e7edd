import { expect, test } from '@jest/globals';
import { waitMs } from './prefer.ts';

test.each([
  [undefined, 10_000],
  ['wait=0', 0],
  ['wait=5', 5_000],
  ['wait="7"', 7_000],
  ['WAIT = 3', 3_000],
  ['respond-async, wait=4', 4_000],
  ['wait=2; foo=bar', 2_000],
  ['wait=2, wait=9', 2_000],
  ['wait=30', 30_000],
  ['wait=600', 30_000],
])('Prefer: %s waits %d ms', (header, expected) => {
  expect(waitMs(header)).toBe(expected);
});

test.each([
  '',
  'wait',
  'wait=',
  'wait=-1',
  'wait=1.5',
  'wait=soon',
  'return=minimal',
  'awaitwait=3',
])('a preference that cannot be read is ignored: %p', (header) => {
  expect(waitMs(header)).toBe(10_000);
});
