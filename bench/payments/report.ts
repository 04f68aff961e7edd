/** What was measured: a table for people, one line of JSON for tools (API.md, "Benchmarks and drills"). */
import { loadavg } from 'node:os';
import type { BooksVerdict } from './books.ts';
import { callerCounts } from './cells.ts';
import { cellsOf, costsOf, figuresOf, round } from './figures.ts';
import type { Costs, Figures } from './figures.ts';
import type { BenchOptions, SystemName } from './options.ts';
import { countedRuns } from './run.ts';
import type { Measured } from './run.ts';

interface SystemFigures {
  readonly '1': Figures;
  readonly '32': Figures;
  /** CPU ms per payment by process, at 32 callers. */
  readonly cpu_ms: Costs['cpu_ms'];
  readonly costs_at_1: Costs;
  readonly costs_at_32: Costs;
  readonly events_per_payment: number;
  readonly runs_per_payment: number;
}

export interface Aim {
  readonly what: string;
  readonly figure: number;
  readonly aim: string;
  readonly met: boolean;
}

export interface BenchReport {
  readonly ok: boolean;
  readonly lines: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
}

export interface Evidence {
  readonly options: BenchOptions;
  readonly commit: string | null;
  readonly seconds: number;
  readonly measured: Measured;
  readonly books: BooksVerdict;
}

export function makeReport(evidence: Evidence): BenchReport {
  const { options, measured, books } = evidence;
  const systems = Object.fromEntries(
    options.systems.map((name) => [name, systemFigures(measured, name)]),
  ) as Partial<Record<SystemName, SystemFigures>>;
  const ratios = ratiosOf(systems);
  const reasons = complaints(evidence, systems);
  const lines = [
    ...tableOf(systems),
    `machine: both cores ${percent(measured.machine.busy)} busy, ${percent(measured.machine.stolen)} stolen, load ${loadavg().map(round).join(' ')}`,
    `PostgreSQL: ${Object.entries(measured.durability).map((pair) => pair.join(' ')).join(', ')}`, // prettier-ignore
    `books: ${books.payments} payments, ${books.findings.length} findings`,
    ...aimsOf(ratios, systems).map(
      ({ what, figure, aim, met }) => `${met ? 'met   ' : 'MISSED'} ${what}: ${figure} (${aim})`,
    ),
    ...reasons.map((reason) => `not ok: ${reason}`),
  ];
  const ok = reasons.length === 0;
  const { commit, seconds } = evidence;
  const { machine, durability } = measured;
  return {
    ok,
    lines,
    json: {
      ...{ name: 'bench:payments', seed: null, commit, ok, seconds, unguarded: options.unguarded },
      ...{ systems, ratios, machine, durability, payments: books.payments, reasons },
    },
  };
}

function systemFigures(measured: Measured, name: SystemName): SystemFigures {
  const { cells, histories } = measured;
  const history = histories[name] ?? { runs: 0, events: 0 };
  const [at1, at32] = [cellsOf(cells, name, 1), cellsOf(cells, name, 32)];
  return {
    '1': figuresOf(at1),
    '32': figuresOf(at32),
    cpu_ms: costsOf(at32).cpu_ms,
    costs_at_1: costsOf(at1),
    costs_at_32: costsOf(at32),
    events_per_payment: round(history.events / countedRuns),
    runs_per_payment: round(history.runs / countedRuns),
  };
}

type Ratios = Readonly<Record<'p50_to_naive' | 'rate_to_naive' | 'rate_to_empty', number>>;

function ratiosOf({ tender, naive, empty }: Partial<Record<SystemName, SystemFigures>>): Ratios {
  const ratio = (over: number | undefined, under: number | undefined): number =>
    round((over ?? NaN) / (under ?? NaN));
  return {
    p50_to_naive: ratio(tender?.[1].p50_ms, naive?.[1].p50_ms),
    rate_to_naive: ratio(tender?.[32].per_second, naive?.[32].per_second),
    rate_to_empty: ratio(tender?.[32].per_second, empty?.[32].per_second),
  };
}

function aimsOf(
  ratios: Ratios,
  { tender }: Partial<Record<SystemName, SystemFigures>>,
): readonly Aim[] {
  const p99 = tender?.[32].p99_ms ?? NaN;
  const { p50_to_naive, rate_to_naive, rate_to_empty } = ratios;
  return [
    { what: 'p50 at one caller, to naive', figure: p50_to_naive, aim: 'at most 0.14', met: p50_to_naive <= 0.14 }, // prettier-ignore
    { what: 'rate at 32 callers, to naive', figure: rate_to_naive, aim: 'at least 2', met: rate_to_naive >= 2 }, // prettier-ignore
    { what: 'rate at 32 callers, to empty', figure: rate_to_empty, aim: 'at least 0.65', met: rate_to_empty >= 0.65 }, // prettier-ignore
    { what: 'p99 at 32 callers, ms', figure: p99, aim: 'at most 1200', met: p99 <= 1200 },
  ].filter(({ figure }) => !Number.isNaN(figure));
}

/** Why this run proves nothing. Whether an aim was met is another question. */
function complaints(
  { options, measured, books }: Evidence,
  systems: Partial<Record<SystemName, SystemFigures>>,
): readonly string[] {
  const few = Object.entries(systems).filter(([, figures]) =>
    callerCounts.some((callers) => figures[callers].payments < options.seconds * options.rounds),
  );
  const failed = Object.entries(systems).filter(([, figures]) =>
    callerCounts.some((callers) => figures[callers].errors > 0),
  );
  const weak = Object.entries(measured.durability).filter(([, setting]) => setting !== 'on');
  const writing = systems.tender?.costs_at_1.commits_writing ?? 3;
  return [
    ...few.map(([name]) => `${name} made less than one payment a second`),
    ...failed.map(([name]) => `${name} answered with errors`),
    ...weak.map(([name, setting]) => `${name} is ${setting}: this is not durable`),
    ...(writing < 3 ? [`${writing} writing commits per payment instead of three`] : []),
    ...books.findings.slice(0, 10),
  ];
}

function tableOf(systems: Partial<Record<SystemName, SystemFigures>>): readonly string[] {
  const header = [
    ...['', 'callers', '/s', 'p50', 'p95', 'p99', 'errors', 'events', 'commits', 'all', 'WAL B'],
    ...['p50 by round', 'CPU ms by process'],
  ];
  const rows = Object.entries(systems).flatMap(([name, figures]) =>
    callerCounts.map((callers) => {
      const cell = figures[callers];
      const costs = callers === 1 ? figures.costs_at_1 : figures.costs_at_32;
      return [
        name,
        callers,
        cell.per_second,
        cell.p50_ms,
        cell.p95_ms,
        cell.p99_ms,
        cell.errors,
        figures.events_per_payment,
        costs.commits_writing,
        costs.commits_all,
        costs.wal_bytes,
        cell.p50_ms_by_round.join(' '),
        Object.entries(costs.cpu_ms).map(([process, ms]) => `${process} ${ms}`).join(', '), // prettier-ignore
      ].map(String);
    }),
  );
  const widths = header.map((title, column) =>
    Math.max(...[header, ...rows].map((row) => (row[column] ?? title).length)),
  );
  return [header, ...rows].map(
    (row) =>
    row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ').trimEnd(), // prettier-ignore
  );
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
