/** What was measured: a table for people, one line of JSON for tools (API.md, "Benchmarks and drills"). */
import { batchSize, writers } from './cells.ts';
import { percentile } from './load.ts';
import type { LedgerBenchOptions } from './options.ts';
import type { LedgerMeasured } from './run.ts';

export interface LedgerReport {
  readonly ok: boolean;
  readonly lines: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
}

interface Row {
  readonly entriesPerCommit: number;
  readonly entriesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const round = (value: number): number => Math.round(value * 100) / 100;

export function makeReport(
  options: LedgerBenchOptions,
  measured: LedgerMeasured,
  run: { readonly commit: string | null; readonly seconds: number },
): LedgerReport {
  const rows = rowsOf(measured);
  const rate = (name: string): number => round(rows.get(name)?.entriesPerSecond ?? NaN);
  const p99 = (name: string): number => round(rows.get(name)?.p99Ms ?? NaN);
  const figures = {
    cold_per_second: rate(`cold x ${batchSize}`),
    hot_per_second: rate(`hot x ${batchSize}`),
    mix_per_second: rate(`mix x ${batchSize}`),
    entries_per_commit: batchSize,
    by_twenty: { cold_per_second: rate('cold x 20'), hot_per_second: rate('hot x 20'), mix_per_second: rate('mix x 20') }, // prettier-ignore
    one_by_one: { cold_per_second: rate('cold x 1'), hot_per_second: rate('hot x 1'), mix_per_second: rate('mix x 1') }, // prettier-ignore
    tpcb1_per_second: rate('tpcb1'),
    tpcb10_per_second: rate('tpcb10'),
    pgbench1_per_second: measured.pgbench[1] ?? null,
    pgbench10_per_second: measured.pgbench[10] ?? null,
    single_p99_ms: p99('single'),
    commit_p99_ms: p99('commit'),
  };
  const ratios = {
    hot_to_tpcb1: round(figures.hot_per_second / figures.tpcb1_per_second),
    mix_to_tpcb10: round(figures.mix_per_second / figures.tpcb10_per_second),
    single_to_commit: round(figures.single_p99_ms / figures.commit_p99_ms),
    ...(options.preload > 0
      ? {
          preloaded_cost: round(rate('cold x 1, empty') / rate('cold x 1')),
          preloaded_cost_in_batches: round(
            rate(`cold x ${batchSize}, empty`) / rate(`cold x ${batchSize}`),
          ),
        }
      : {}),
  };
  const reasons = complaints(measured);
  const ok = reasons.length === 0;
  return {
    ok,
    lines: [...tableOf(rows, measured), ...aimsOf(ratios), ...reasons.map((r) => `not ok: ${r}`)],
    json: {
      ...{ name: 'bench:ledger', seed: null, commit: run.commit, ok, seconds: run.seconds },
      ...{ preload: options.preload, ...figures, ratios, durability: measured.durability },
      ...{ postings: measured.postings, all: Object.fromEntries(rows), reasons },
    },
  };
}

function rowsOf({ loads }: LedgerMeasured): ReadonlyMap<string, Row> {
  return new Map(
    [...loads].map(([name, { cell, loads: taken }]) => {
      const seconds = taken.reduce((sum, load) => sum + load.seconds, 0);
      const commits = taken.reduce((sum, load) => sum + load.commits, 0);
      const latencies = taken.flatMap((load) => load.latenciesMs);
      const row = {
        entriesPerCommit: cell.entriesPerCommit,
        entriesPerSecond: round((commits * cell.entriesPerCommit) / seconds),
        p50Ms: round(percentile(latencies, 0.5)),
        p99Ms: round(percentile(latencies, 0.99)),
      };
      return [name, row];
    }),
  );
}

function tableOf(rows: ReadonlyMap<string, Row>, measured: LedgerMeasured): readonly string[] {
  const line = (cells: readonly (string | number)[]): string =>
    cells
      .map((cell, i) => (i === 0 ? String(cell).padEnd(26) : String(cell).padStart(15)))
      .join('');
  return [
    '',
    `${String(writers)} writers; single and commit: one writer that pauses. An entry has two postings; a transaction of TPC-B counts as one entry.`,
    line(['', 'entries/commit', 'entries/s', 'postings/s', 'p50 ms', 'p99 ms']),
    ...[...rows].map(([name, row]) => {
      const isLedger = !/^(tpcb|commit)/.test(name);
      const postings = isLedger ? Math.round(row.entriesPerSecond * 2) : '-';
      return line([name, row.entriesPerCommit, Math.round(row.entriesPerSecond), postings, row.p50Ms, row.p99Ms]); // prettier-ignore
    }),
    ...Object.entries(measured.pgbench).map(([scale, tps]) =>
      line([`pgbench, scale ${scale}`, 1, Math.round(tps), '-', '-', '-']),
    ),
    `PostgreSQL: ${Object.entries(measured.durability).map((pair) => pair.join(' ')).join(', ')}`, // prettier-ignore
    `balances: ${String(measured.postings)} postings, ${String(measured.wrongBalances)} differ`,
  ];
}

function aimsOf(ratios: Readonly<Record<string, number>>): readonly string[] {
  const aims: readonly (readonly [string, string, (figure: number) => boolean])[] = [
    ['hot_to_tpcb1', 'at least 10', (figure) => figure >= 10],
    ['mix_to_tpcb10', 'at least 2', (figure) => figure >= 2],
    ['single_to_commit', 'at most 2', (figure) => figure <= 2],
    ['preloaded_cost', 'at most 1.2', (figure) => figure <= 1.2],
  ];
  return aims.flatMap(([name, aim, isMet]) => {
    const figure = ratios[name];
    if (figure === undefined) return [];
    return [`${isMet(figure) ? 'met   ' : 'MISSED'} ${name}: ${String(figure)} (${aim})`];
  });
}

/** Why this run proves nothing. Whether an aim was met is another question. */
function complaints({
  loads,
  durability,
  wrongBalances,
  postings,
}: LedgerMeasured): readonly string[] {
  const all = [...loads];
  return [
    ...all.filter(([, { loads: taken }]) => taken.some((l) => l.errors.length > 0)).map(([name, { loads: taken }]) => `${name}: ${taken.flatMap((l) => l.errors)[0] ?? ''}`), // prettier-ignore
    ...all.filter(([, { loads: taken }]) => taken.some((l) => l.commits === 0)).map(([name]) => `${name} did nothing`), // prettier-ignore
    ...Object.entries(durability).filter(([, setting]) => setting !== 'on').map(([name, setting]) => `${name} is ${setting}`), // prettier-ignore
    ...(wrongBalances > 0 ? [`${String(wrongBalances)} balances are not their postings`] : []),
    ...(postings > 0 ? [] : ['nothing was posted']),
  ];
}
