/** The benchmark must not be able to call a bad run good. */
import { describe, expect, test } from '@jest/globals';
import type { Cell } from './cells.ts';
import { figuresOf, percentile } from './figures.ts';
import { readOptions } from './options.ts';
import { makeReport, type Evidence } from './report.ts';

function cell(system: Cell['system'], callers: Cell['callers'], changes: Partial<Cell> = {}): Cell {
  const latency = { naive: 250, empty: 12, tender: 24 }[system] * callers;
  return {
    system,
    callers,
    latenciesMs: Array.from({ length: system === 'naive' ? 100 : 250 }, () => latency),
    errors: [],
    seconds: 8,
    workflowIds: [],
    cpuMs: { api: 100 },
    commits: { writing: system === 'tender' ? 750 : 500, all: 1_000, walBytes: 1 },
    ...changes,
  };
}

const on = { fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' };

function evidence(changes: { tender?: Partial<Cell>; rest?: Partial<Evidence> } = {}): Evidence {
  const cells = (['naive', 'empty', 'tender'] as const).flatMap((system) =>
    ([1, 32] as const).map((callers) =>
      cell(system, callers, system === 'tender' ? changes.tender : {}),
    ),
  );
  const machine = { busy: 0.9, stolen: 0 };
  return {
    options: readOptions(['--rounds', '1']),
    commit: null,
    seconds: 60,
    measured: { cells, histories: {}, durability: on, machine },
    books: { payments: 500, findings: [] },
    ...changes.rest,
  };
}

describe('the report', () => {
  test('of a sound run is ok and has the figures of API.md', () => {
    const { ok, json } = makeReport(evidence());
    expect(ok).toBe(true);
    expect(json).toMatchObject({
      name: 'bench:payments',
      ratios: { p50_to_naive: 0.096, rate_to_naive: 2.504, rate_to_empty: 1 },
      systems: { tender: { '1': { p50_ms: 24, errors: 0 }, cpu_ms: { api: 0.4 } } },
    });
  });

  test.each<[string, Parameters<typeof evidence>[0]]>([
    ['an error was answered', { tender: { errors: ['500'] } }],
    ['hardly anything was paid', { tender: { latenciesMs: [24] } }],
    [
      'a payment took fewer than three commits',
      { tender: { commits: { writing: 500, all: 1, walBytes: 1 } } },
    ],
    ['the books differ', { rest: { books: { payments: 500, findings: ['double_charge'] } } }],
  ])('is not ok when %s', (_what, changes) => {
    expect(makeReport(evidence(changes)).ok).toBe(false);
  });

  test('is not ok without durability', () => {
    const sound = evidence();
    const measured = { ...sound.measured, durability: { ...on, fsync: 'off' } };
    expect(makeReport({ ...sound, measured }).ok).toBe(false);
  });

  test('says which aim was missed', () => {
    const { lines } = makeReport(evidence({ tender: { seconds: 80 } }));
    expect(lines.filter((line) => line.startsWith('MISSED'))).toHaveLength(2);
  });
});

test('percentiles are nearest ranks over all rounds', () => {
  const values = Array.from({ length: 100 }, (_, index) => index + 1);
  expect([0.5, 0.95, 0.99, 1].map((share) => percentile(values, share))).toEqual([50, 95, 99, 100]);
  const cells = [cell('tender', 1), cell('tender', 1, { latenciesMs: [48, 48], seconds: 2 })];
  expect(figuresOf(cells)).toMatchObject({
    payments: 252,
    per_second: 25.2,
    p50_ms: 24,
    p50_ms_by_round: [24, 48],
  });
});
