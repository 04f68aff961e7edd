/** What the drill found: a table for people, one line of JSON for tools. */
import type { GroupFigures } from './figures.ts';
import type { FaultName, Side } from './run.ts';

export interface Evidence {
  readonly seed: number;
  readonly commit: string | null;
  readonly seconds: number;
  readonly with: Side;
  readonly without: Side;
}

export interface Verdict {
  readonly ok: boolean;
  readonly reasons: readonly string[];
  readonly line: Readonly<Record<string, unknown>>;
}

/** Every second call erring is doubt, which nobody fails over from: those who met it wait for the truth. */
const successMin: Readonly<Record<FaultName, number>> = { dead: 0.95, slow: 0.95, errors: 0.9 };
export const openMsMax = 2_000;
/** On a busy machine a p95 of tens of ms moves by itself. */
const othersRatioMax = 2;
const othersNoiseMs = 50;
const paymentsMin = 20;
const names: readonly FaultName[] = ['dead', 'slow', 'errors'];

interface Case {
  readonly name: string;
  readonly holds: boolean;
}

export function judge(evidence: Evidence): Verdict {
  const cases = names.flatMap((name) => casesOf(evidence, name)).concat(booksOf(evidence));
  const reasons = cases.filter(({ holds }) => !holds).map(({ name }) => name);
  const ok = reasons.length === 0;
  const { seed, commit, seconds } = evidence;
  const sides = [evidence.with, evidence.without];
  const line = {
    ...{ name: 'drill:failover', seed, commit, ok, seconds },
    ...{ cases: cases.length, right: cases.length - reasons.length, wrong: reasons.length },
    double_charges: count(sides, 'double_charge'),
    lost_payments: count(sides, 'lost_payment'),
    ...Object.fromEntries(names.map((name) => [name, figures(evidence, name)])),
  };
  return { ok, reasons, line };
}

function casesOf(evidence: Evidence, name: FaultName): readonly Case[] {
  const [guarded, bare] = [evidence.with.phases[name], evidence.without.phases[name]];
  const [one, other] = [guarded.failing, bare.failing];
  const before = evidence.with.baseline.other.p95Ms;
  // Where all succeed in the end, as at a slow provider, those who are not held up are served by the dozen.
  const isBetter = one.success > other.success || taken(one) >= 2 * taken(other);
  return [
    { name: `${name}: payments go on`, holds: one.success >= successMin[name] },
    { name: `${name}: better than without`, holds: isBetter && one.success >= other.success },
    {
      name: `${name}: the breaker opens within ${openMsMax} ms`,
      holds: guarded.openMs !== null && guarded.openMs <= openMsMax,
    },
    {
      name: `${name}: the others do not notice`,
      holds:
        guarded.other.success === 1 &&
        guarded.other.p95Ms <= before * othersRatioMax + othersNoiseMs,
    },
    {
      name: `${name}: enough was tried`,
      holds: one.payments >= paymentsMin && guarded.fired > 0 && bare.fired > 0,
    },
  ];
}

function taken({ payments, success }: GroupFigures): number {
  return payments * success;
}

function booksOf(evidence: Evidence): readonly Case[] {
  return (['with', 'without'] as const).flatMap((side) => {
    const { findings, ledger, unclear } = evidence[side];
    return [
      { name: `${side}: the providers' books equal ours`, holds: findings.length === 0 },
      { name: `${side}: the ledger proves itself`, holds: ledger.length === 0 },
      { name: `${side}: nothing stays unclear`, holds: unclear.length === 0 },
    ];
  });
}

function count(sides: readonly Side[], fault: string): number {
  return sides.flatMap(({ findings }) => findings).filter((one) => one.fault === fault).length;
}

function figures(evidence: Evidence, name: FaultName): Readonly<Record<string, unknown>> {
  const [guarded, bare] = [evidence.with.phases[name], evidence.without.phases[name]];
  const before = Math.max(1, evidence.with.baseline.other.p95Ms);
  return {
    with: { payments: guarded.failing.payments, success: share(guarded.failing.success), p95_ms: guarded.failing.p95Ms },
    without: { payments: bare.failing.payments, success: share(bare.failing.success), p95_ms: bare.failing.p95Ms },
    breaker_open_ms: guarded.openMs,
    others_p95_ratio: share(guarded.other.p95Ms / before),
    others_p95_ratio_without: share(bare.other.p95Ms / Math.max(1, evidence.without.baseline.other.p95Ms)),
  }; // prettier-ignore
}

function share(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

export function table(evidence: Evidence, verdict: Verdict): readonly string[] {
  const row = (...cells: readonly (string | number)[]): string =>
    cells
      .map((cell, n) => (n === 0 ? String(cell).padEnd(10) : String(cell).padStart(14)))
      .join('');
  const line = (name: string, side: 'with' | 'without', at: Side['phases'][FaultName] | Side['baseline']): string =>
    row(name, side, at.failing.payments, percent(at.failing.success), `${at.failing.p95Ms} ms`,
      'openMs' in at && at.openMs !== null ? `${at.openMs} ms` : '-', percent(at.other.success), `${at.other.p95Ms} ms`); // prettier-ignore
  return [
    '',
    row('', 'failover', 'payments', 'success', 'p95', 'breaker open', 'others', 'others p95'),
    ...(['without', 'with'] as const).map((side) => line('healthy', side, evidence[side].baseline)),
    ...names.flatMap((name) =>
      (['without', 'with'] as const).map((side) => line(name, side, evidence[side].phases[name])),
    ),
    '',
    ...[...evidence.with.findings, ...evidence.without.findings].slice(0, 20).map((f) => `${f.fault} ${f.subject} ${f.text}`), // prettier-ignore
    ...[...evidence.with.ledger, ...evidence.without.ledger].slice(0, 20).map((text) => `ledger: ${text}`), // prettier-ignore
    verdict.ok ? 'ok' : `not ok: ${verdict.reasons.join('; ')}`,
  ];
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}
