import { describe, expect, test } from '@jest/globals';
import { figuresOf, percentile } from './figures.ts';
import { judge, type Evidence } from './report.ts';
import type { PhaseFigures, Side } from './run.ts';

type Changes = Partial<Omit<PhaseFigures, 'failing' | 'other'>> & {
  readonly failing?: Partial<PhaseFigures['failing']>;
  readonly other?: Partial<PhaseFigures['other']>;
};

function phase(changes: Changes = {}): PhaseFigures {
  return {
    ...{ openMs: 700, fired: 9, ...changes },
    failing: { payments: 300, success: 0.99, p95Ms: 120, ...changes.failing },
    other: { payments: 200, success: 1, p95Ms: 60, ...changes.other },
  };
}

function side(slow: PhaseFigures, changes: Partial<Side> = {}): Side {
  const phases = { dead: slow, slow, errors: slow };
  return { baseline: phase(), phases, findings: [], ledger: [], unclear: [], ...changes };
}

function verdictOf(
  guarded: Changes,
  changes: Partial<Side> = {},
  bare: Changes = { failing: { success: 0, p95Ms: 90 } },
): readonly string[] {
  const evidence: Evidence = {
    ...{ seed: 1, commit: null, seconds: 1 },
    with: side(phase(guarded), changes),
    without: side(phase({ openMs: null, ...bare })),
  };
  const { ok, reasons, line } = judge(evidence);
  expect(ok).toBe(reasons.length === 0);
  expect(line).toMatchObject({ cases: 21, wrong: reasons.length, right: 21 - reasons.length });
  return reasons.filter((reason) => !/^(dead|errors)/.test(reason));
}

describe('the drill', () => {
  test('is ok when payments go on, the breaker opens, others do not notice and the books agree', () => {
    expect(verdictOf({})).toEqual([]);
  });

  test.each<[string, Changes]>([
    ['slow: payments go on', { failing: { success: 0.94 } }],
    ['slow: the breaker opens within 2000 ms', { openMs: 2_001 }],
    ['slow: the breaker opens within 2000 ms', { openMs: null }],
    ['slow: the others do not notice', { other: { p95Ms: 171 } }],
    ['slow: the others do not notice', { other: { success: 0.99 } }],
    ['slow: enough was tried', { failing: { payments: 19 } }],
    ['slow: enough was tried', { fired: 0 }],
  ])('is not: %s', (reason, guarded) => {
    expect(verdictOf(guarded)).toEqual([reason]);
  });

  test('is not where nothing is gained by failover: a few more at the same success are no gain', () => {
    const same = { failing: { success: 0.99, p95Ms: 120, payments: 151 } };
    expect(verdictOf({}, {}, same)).toEqual(['slow: better than without']);
    expect(verdictOf({}, {}, { failing: { ...same.failing, payments: 150 } })).toEqual([]);
  });

  test.each<[string, Partial<Side>]>([
    [
      "with: the providers' books equal ours",
      { findings: [{ fault: 'double_charge', subject: 'pay_1', text: '' }] },
    ],
    ['with: the ledger proves itself', { ledger: ['1100 differs'] }],
    ['with: nothing stays unclear', { unclear: ['pay_1'] }],
  ])('is not: %s', (reason, changes) => {
    expect(verdictOf({}, changes)).toEqual([reason]);
  });
});

test('a phase is what callers were told: success is money taken while they waited', () => {
  const paid = { group: 'failing', startedAt: 0, ms: 10, status: 201, isCaptured: true } as const;
  const figures = figuresOf([
    paid,
    paid,
    paid,
    { ...paid, ms: 900, status: 202, isCaptured: false },
  ]);
  expect(figures.failing).toEqual({ payments: 4, success: 0.75, p95Ms: 900 });
  expect(percentile([], 0.95)).toBe(0);
});
