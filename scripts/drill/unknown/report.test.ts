import { describe, expect, test } from '@jest/globals';
import { sandboxContracts } from '../../../providers/sandbox/contracts.ts';
import type { Movement } from '../sandbox-books.ts';
import { keyLifeSeconds, keyWindows, operations, truths, type Case } from './cases.ts';
import { judgeCase, type Judged } from './judge.ts';
import { casesMin, judge, type Evidence } from './report.ts';
import type { Subject } from './subjects.ts';

const one: Case = {
  ...{ truth: 'done', provider: 'alder', operation: 'capture', paymentId: 'pay_1' },
  subjectId: 'op_1',
};
const booked: Movement = {
  ...{ provider: 'alder', reference: 'op_1', operation: 'capture', amount: 1n, currency: 'EUR' },
  ...{ provider_reference: 'x', key: 'k' },
};
function subject(status: string, changes: Partial<Subject> = {}): Subject {
  return {
    ...{ id: 'op_1', paymentId: 'pay_1', status, basis: { kind: 'lookup' } },
    ...{ sentCount: 1, lookups: 1, dueInSeconds: null },
    ...changes,
  };
}

describe('a case', () => {
  test('is right where we say what the books say', () => {
    expect(judgeCase(one, subject('succeeded'), [booked], false).wrong).toEqual([]);
    expect(judgeCase(one, subject('failed'), [], false).wrong).toEqual([]);
  });

  test.each<[string, Parameters<typeof judgeCase>]>([
    ['failed, and the books say done', [one, subject('failed'), [booked], false]],
    ['succeeded, and the books say not done', [one, subject('succeeded'), [], false]],
    ['still unknown', [one, subject('unknown'), [booked], false]],
    ['2 times in the books', [one, subject('succeeded'), [booked, booked], false]],
    ['decided while nobody could know', [one, subject('succeeded'), [booked], true]],
    ['missing, and the books say done', [one, undefined, [booked], false]],
  ])('is wrong: %s', (reason, given) => {
    expect(judgeCase(...given).wrong).toEqual([reason]);
  });

  test('an authorization that a void by reference took back is a no', () => {
    const attempt = { ...one, operation: 'authorize' as const };
    const books = [
      { ...booked, operation: 'authorize' as const },
      { ...booked, operation: 'void' as const },
    ];
    expect(judgeCase(attempt, subject('voided'), books, false).wrong).toEqual([]);
    expect(judgeCase(attempt, subject('authorized'), books, false).wrong).toHaveLength(1);
  });
});

describe('the drill', () => {
  const right: Judged = {
    ...{ case: one, status: 'succeeded', basis: 'settlement', sentCount: 2, booked: true },
    wrong: [],
  };
  const evidence: Evidence = {
    ...{ seed: 1, commit: null, seconds: 1, findings: [], ledger: [], unclear: [], unproven: [] },
    truths: Array.from({ length: casesMin.truths }, () => right),
    keyWindows: Array.from({ length: casesMin.keyWindows }, () => right),
  };

  test('is ok when everything was tried and is as it was', () => {
    expect(judge(evidence)).toMatchObject({ ok: true, reasons: [], line: { wrong: 0 } });
  });

  test.each<[string, Partial<Evidence>]>([
    ['a wrong case', { truths: [...evidence.truths, { ...right, wrong: ['still unknown'] }] }],
    ['fewer truths', { truths: evidence.truths.slice(1) }],
    ['fewer windows', { keyWindows: evidence.keyWindows.slice(1) }],
    ['a double effect', { findings: [{ fault: 'double_charge', subject: 'pay_1', text: '' }] }],
    ['books that do not balance', { ledger: ['1100 differs'] }],
    ['a doubt left', { unclear: ['pay_1'] }],
    ['a no without evidence', { unproven: ['op_1 failed by timer'] }],
    ['nothing sent again', { truths: evidence.truths.map((c) => ({ ...c, sentCount: 1 })), keyWindows: evidence.keyWindows.map((c) => ({ ...c, sentCount: 1 })) }], // prettier-ignore
    ['no file read', { truths: evidence.truths.map((c) => ({ ...c, basis: 'lookup' })), keyWindows: evidence.keyWindows.map((c) => ({ ...c, basis: 'lookup' })) }], // prettier-ignore
  ])('is not ok with %s', (_name, changes) => {
    expect(judge({ ...evidence, ...changes }).ok).toBe(false);
  });

  test('goes through as many cases as it asks for', () => {
    const truthCases = truths.reduce((n, t) => n + t.providers.length * operations.length, 0);
    expect(truthCases).toBe(casesMin.truths);
    expect(keyWindows.length * operations.length * 2).toBe(casesMin.keyWindows);
  });

  test("knows how long the providers' keys live", () => {
    const lives = sandboxContracts
      .filter(({ name }) => Object.hasOwn(keyLifeSeconds, name))
      .map(({ name, keyLifeMs }) => [name, keyLifeMs / 1_000]);
    expect(Object.fromEntries(lives)).toEqual(keyLifeSeconds);
  });
});
