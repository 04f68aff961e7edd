/** What was measured: a table for people, one line of JSON for tools (API.md, "Benchmarks and drills"). */
import type { MonthMeasured } from './month.ts';

export interface ReconciliationReport {
  readonly ok: boolean;
  readonly lines: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
}

interface Aim {
  readonly name: string;
  readonly figure: number;
  readonly most: number;
}

const imported = ['receive', 'import', 'match', 'find_unlisted'] as const;
const round = (value: number): number => Math.round(value * 1_000) / 1_000;

export function totalSeconds({ secondsByPhase }: MonthMeasured): number {
  return Object.values(secondsByPhase).reduce((sum, seconds) => sum + seconds, 0);
}

/** `small`: a month of 100,000 lines in the same run, where `large` is more. */
export function makeReport(
  large: MonthMeasured,
  small: MonthMeasured | null,
  run: { readonly seed: number; readonly commit: string | null; readonly seconds: number },
): ReconciliationReport {
  const perLine = (month: MonthMeasured): number => totalSeconds(month) / month.lines;
  const ratio = small === null ? null : round(perLine(large) / perLine(small));
  const months = small === null ? [large] : [small, large];
  const reasons = months.flatMap(complaints);
  const ok = reasons.length === 0;
  return {
    ok,
    lines: [
      ...months.flatMap(table),
      ...aims(large, small, ratio).map(({ name, figure, most }) =>
        `${figure <= most ? 'met   ' : 'MISSED'} ${name}: ${String(round(figure))} (at most ${String(most)})`), // prettier-ignore
      ...reasons.map((reason) => `not ok: ${reason}`),
    ],
    json: {
      ...{ name: 'bench:reconciliation', seed: run.seed, commit: run.commit, ok },
      ...{ seconds: run.seconds, ...figures(large) },
      ...(small !== null && { small: figures(small), ratios: { per_line_to_100k: ratio } }),
      ...{ durability: large.durability, reasons },
    },
  };
}

function figures(month: MonthMeasured): Readonly<Record<string, unknown>> {
  const total = totalSeconds(month);
  return {
    lines: month.lines,
    seconds_by_phase: month.secondsByPhase,
    total_seconds: round(total),
    peak_rss_mib: month.peakRssMib,
    lines_per_second: Math.round(month.lines / total),
    movements: month.compared.movements,
    right: month.compared.right,
    wrong: month.compared.wrong,
    breaks: month.compared.breaks,
  };
}

function table(month: MonthMeasured): readonly string[] {
  const total = totalSeconds(month);
  return [
    '',
    `${String(month.lines)} lines: ${total.toFixed(1)} s, ${String(Math.round(month.lines / total))} lines/s, peak ${String(month.peakRssMib)} MiB`,
    ...Object.entries(month.secondsByPhase).map(([phase, seconds]) =>
      `  ${phase.padEnd(16)} ${seconds.toFixed(1).padStart(8)} s  ${String(Math.round(month.lines / seconds)).padStart(8)} lines/s`), // prettier-ignore
  ];
}

function aims(
  large: MonthMeasured,
  small: MonthMeasured | null,
  ratio: number | null,
): readonly Aim[] {
  const untilMatched = imported.reduce((sum, phase) => sum + (large.secondsByPhase[phase] ?? 0), 0);
  const of100k = small ?? large;
  const scaled = (seconds: number, at: number): number => (seconds * large.lines) / at;
  return [
    { name: 'seconds for 100,000 lines', figure: (totalSeconds(of100k) * 100_000) / of100k.lines, most: 15 },
    { name: 'seconds until matched', figure: untilMatched, most: scaled(100, 1_000_000) },
    { name: 'seconds until settled', figure: totalSeconds(large), most: scaled(200, 1_000_000) },
    { name: 'peak MiB', figure: Math.max(large.peakRssMib, of100k.peakRssMib), most: 512 },
    ...(ratio === null ? [] : [{ name: 'time per line to that at 100,000', figure: ratio, most: 1.3 }]),
  ]; // prettier-ignore
}

/** Why this run proves nothing. Whether an aim was met is another question. */
function complaints({ compared, durability, lines }: MonthMeasured): readonly string[] {
  const { movements, right, wrong, breaks } = compared;
  return [
    ...(movements > 0 && lines >= movements ? [] : ['nothing happened']),
    ...(right === movements ? [] : [`${String(movements - right)} movements are not matched with their line`]), // prettier-ignore
    ...(wrong === 0 ? [] : [`${String(wrong)} matches are not true`]),
    ...(breaks === 0 ? [] : [`${String(breaks)} breaks in clean files`]),
    ...Object.entries(durability).filter(([, setting]) => setting !== 'on').map(([name, setting]) => `${name} is ${setting}`), // prettier-ignore
  ];
}
