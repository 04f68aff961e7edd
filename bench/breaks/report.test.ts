/** When the drill is not ok: less planted than asked, anything not found by its name, and anything beside it. */
import { expect, test } from '@jest/globals';
import { breakKinds } from '../../domain/breaks.ts';
import type { Judged, OfKind } from './judge.ts';
import { makeReport } from './report.ts';

const run = { seed: 1, commit: null, seconds: 1, each: 2 };
const right: OfKind = { planted: 2, found: 2, named: 2, wrong: 0 };

function judged(values: Partial<Judged> = {}, fee: Partial<OfKind> = {}): Judged {
  return {
    kinds: {
      ...Object.fromEntries(breakKinds.map((kind) => [kind, right])),
      fee: { ...right, ...fee },
    },
    ...{ cleanLines: 100_000, silent: 0, mismatched: 0, examples: [] },
    ...values,
  };
}

test('all of each kind by their names', () => {
  const { ok, json } = makeReport(judged(), run);
  expect(ok).toBe(true);
  const cases = 2 * breakKinds.length;
  expect(json).toMatchObject({ cases, right: cases, wrong: 0, false_breaks: 0, reasons: [] });
  expect(json).toMatchObject({ kinds: { fee: { planted: 2, found: 2, named: 2, false: 0 } } });
});

test.each<[string, Judged, boolean]>([
  ['fewer than asked for', judged({}, { planted: 1, found: 1, named: 1 }), false],
  ['found under another name', judged({}, { named: 1 }), false],
  ['one false of 100,000 clean lines', judged({}, { wrong: 1 }), true],
  ['one false of fewer', judged({ cleanLines: 99_999 }, { wrong: 1 }), false],
  ['a line that nothing was said of', judged({ silent: 1 }), false],
  ['a line matched with what it is not', judged({ mismatched: 1 }), false],
])('%s', (_, found, ok) => {
  expect(makeReport(found, run).ok).toBe(ok);
});

test('a false break of a kind that nobody planted counts', () => {
  const found = judged();
  const { ok } = makeReport({ ...found, kinds: { ...found.kinds, strange: { ...right, planted: 0, wrong: 3 } } }, run); // prettier-ignore
  expect(ok).toBe(false);
});
