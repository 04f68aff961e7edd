/** What was measured: a table for people, one line of JSON for tools (API.md, "Benchmarks and drills"). */
import { percentile } from '../payments/figures.ts';
import { callers } from './decisions.ts';
import type { Measured, Side } from './run.ts';

export interface RiskReport {
  readonly ok: boolean;
  readonly lines: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
}

const p99MsMost = 5;
const ratioMost = 1.2;
const scoreUsMost = 20;
const round = (value: number): number => Math.round(value * 1_000) / 1_000;

interface Figures {
  readonly decisions: number;
  readonly p50: number;
  readonly p99: number;
  /** µs per decision. */
  readonly nodeUs: number;
  readonly postgresUs: number;
}

function figuresOf({ rounds, cpuMs }: Side): Figures {
  const all = rounds.flatMap(({ latenciesMs }) => latenciesMs);
  const perDecision = (ms: number): number => Math.round((1_000 * ms) / all.length);
  return {
    ...{ decisions: all.length, p50: percentile(all, 0.5), p99: percentile(all, 0.99) },
    ...{ nodeUs: perDecision(cpuMs.node), postgresUs: perDecision(cpuMs.postgres) },
  };
}

const columns = ['payments', 'MB', 'decisions', 'p50 ms', 'p99 ms', 'node µs', 'postgres µs'];
const row = (cells: readonly (string | number)[]): string =>
  cells.map((cell) => String(cell).padStart(12)).join('');

function line({ stored }: Side, figures: Figures): string {
  const { decisions, p50, p99, nodeUs, postgresUs } = figures;
  const { payments, megabytes } = stored;
  return row([payments, megabytes, decisions, p50.toFixed(2), p99.toFixed(2), nodeUs, postgresUs]);
}

export function makeReport(
  { few, many, durability }: Measured,
  run: { readonly seed: number; readonly commit: string | null; readonly seconds: number },
): RiskReport {
  const [a, b] = [figuresOf(few), figuresOf(many)];
  const scores = [few, many].flatMap(({ rounds }) => rounds.flatMap(({ scoresUs }) => scoresUs));
  const scoreUs = scores.length === 0 ? null : round(percentile(scores, 0.5));
  const blind = [few, many].flatMap(({ rounds }) => rounds).reduce((n, r) => n + r.blind, 0);
  const ratio = round(b.p50 / a.p50);
  const reasons = [
    ...(blind > 0 ? [`${String(blind)} decisions were made blind`] : []),
    ...(Math.min(a.decisions, b.decisions) < 1_000 ? ['fewer than 1,000 decisions'] : []),
    ...(b.p99 > p99MsMost ? [`p99 ${String(round(b.p99))} ms, at most ${String(p99MsMost)}`] : []),
    ...(ratio > ratioMost
      ? [`${String(ratio)} times the p50 of few, at most ${String(ratioMost)}`]
      : []),
    ...(scoreUs !== null && scoreUs > scoreUsMost ? [`a score takes ${String(scoreUs)} µs`] : []),
    ...Object.entries(durability).flatMap(([name, is]) =>
      is === 'on' ? [] : [`${name} is ${is}`],
    ),
  ];
  return {
    ok: reasons.length === 0,
    lines: [
      '',
      `whole decision, ${String(callers)} callers`,
      row(columns),
      line(few, a),
      line(many, b),
      `score p50: ${scoreUs === null ? 'no model' : `${String(scoreUs)} µs`}`,
      ...reasons.map((reason) => `not ok: ${reason}`),
    ],
    json: {
      ...{ name: 'bench:risk', seed: run.seed, commit: run.commit, ok: reasons.length === 0 },
      ...{ seconds: run.seconds, score_p50_us: scoreUs, decision_p50_ms: round(b.p50) },
      ...{ decision_p99_ms: round(b.p99), stored_payments: many.stored.payments },
      cpu_us: { node: b.nodeUs, postgres: b.postgresUs },
      few: {
        decision_p50_ms: round(a.p50),
        decision_p99_ms: round(a.p99),
        stored_payments: few.stored.payments,
      },
      ratios: { p50_to_few: ratio, p99_to_few: round(b.p99 / a.p99) },
      ...{ durability, reasons },
    },
  };
}
