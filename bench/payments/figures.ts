/** From cells to figures: percentiles over all rounds, the spread between rounds, the ratios. */
import type { Callers, Cell } from './cells.ts';
import type { SystemName } from './options.ts';

export interface Figures {
  readonly payments: number;
  readonly per_second: number;
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly p99_ms: number;
  readonly errors: number;
  /** p50 of each round: how far two runs of the same thing lie apart. */
  readonly p50_ms_by_round: readonly number[];
  readonly per_second_by_round: readonly number[];
}

/** Nearest rank (the smallest value that at least `share` of all do not exceed). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

export function figuresOf(cells: readonly Cell[]): Figures {
  const latencies = cells.flatMap((cell) => cell.latenciesMs);
  const seconds = cells.reduce((sum, cell) => sum + cell.seconds, 0);
  return {
    payments: latencies.length,
    per_second: round(latencies.length / seconds),
    p50_ms: round(percentile(latencies, 0.5)),
    p95_ms: round(percentile(latencies, 0.95)),
    p99_ms: round(percentile(latencies, 0.99)),
    errors: cells.reduce((sum, cell) => sum + cell.errors.length, 0),
    p50_ms_by_round: cells.map((cell) => round(percentile(cell.latenciesMs, 0.5))),
    per_second_by_round: cells.map((cell) => round(cell.latenciesMs.length / cell.seconds)),
  };
}

export interface Costs {
  readonly cpu_ms: Readonly<Record<string, number>>;
  readonly commits_writing: number;
  readonly commits_all: number;
  readonly wal_bytes: number;
}

/** Per payment. */
export function costsOf(cells: readonly Cell[]): Costs {
  const payments = cells.reduce((sum, cell) => sum + cell.latenciesMs.length, 0);
  const per = (read: (cell: Cell) => number): number =>
    round(cells.reduce((sum, cell) => sum + read(cell), 0) / payments);
  const names = [...new Set(cells.flatMap((cell) => Object.keys(cell.cpuMs)))];
  return {
    cpu_ms: Object.fromEntries(names.map((name) => [name, per((cell) => cell.cpuMs[name] ?? 0)])),
    commits_writing: per((cell) => cell.commits.writing),
    commits_all: per((cell) => cell.commits.all),
    wal_bytes: Math.round(per((cell) => cell.commits.walBytes)),
  };
}

export function cellsOf(cells: readonly Cell[], system: SystemName, callers: Callers): Cell[] {
  return cells.filter((cell) => cell.system === system && cell.callers === callers);
}

export function round(value: number): number {
  return Math.abs(value) >= 10 ? Math.round(value * 10) / 10 : Math.round(value * 1000) / 1000;
}
