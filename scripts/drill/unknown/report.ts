/** What the drill found: a table of cases for people, one line of JSON for tools. */
import type { Finding } from '../compare.ts';
import { operations, providers } from './cases.ts';
import type { Judged } from './judge.ts';

export interface Evidence {
  readonly seed: number;
  readonly commit: string | null;
  readonly seconds: number;
  readonly truths: readonly Judged[];
  readonly keyWindows: readonly Judged[];
  readonly findings: readonly Finding[];
  readonly ledger: readonly string[];
  readonly unclear: readonly string[];
  /** A no without anything that says so. */
  readonly unproven: readonly string[];
}

export interface Verdict {
  readonly ok: boolean;
  readonly reasons: readonly string[];
  readonly line: Readonly<Record<string, unknown>>;
}

/** Fewer, and the drill has not been through every truth, operation and contract. */
export const casesMin = { truths: 88, keyWindows: 96 } as const;

export function judge(evidence: Evidence): Verdict {
  const { seed, commit, seconds, truths, keyWindows, findings, ledger, unclear, unproven } = evidence; // prettier-ignore
  const cases = [...truths, ...keyWindows];
  const wrong = cases.filter((one) => one.wrong.length > 0);
  const doubles = findings.filter(({ fault }) => fault === 'double_charge').length;
  const repeated = cases.filter(({ sentCount }) => sentCount > 1).length;
  const byFile = cases.filter(({ basis }) => basis === 'settlement').length;
  const reasons = [
    ...wrong.map((one) => `${nameOf(one)}: ${one.wrong.join(', ')}`),
    ...findings.map(({ fault, subject, text }) => `${fault} ${subject} ${text}`),
    ...ledger.map((text) => `ledger: ${text}`),
    ...unclear.map((text) => `unclear: ${text}`),
    ...unproven.map((text) => `unproven: ${text}`),
    ...(truths.length < casesMin.truths ? [`only ${String(truths.length)} cases of truths`] : []),
    ...(keyWindows.length < casesMin.keyWindows ? [`only ${String(keyWindows.length)} cases of key windows`] : []), // prettier-ignore
    ...(repeated === 0 ? ['nothing was ever sent again'] : []),
    ...(byFile === 0 ? ['nothing was ever told by a settlement file'] : []),
  ];
  const ok = reasons.length === 0;
  const line = {
    ...{ name: 'drill:unknown', seed, commit, ok, seconds },
    ...{ cases: cases.length, right: cases.length - wrong.length, wrong: wrong.length },
    ...{ double_effects: doubles, failed_without_evidence: unproven.length },
    ...{ sent_again: repeated, told_by_settlement_file: byFile, lost: findings.length - doubles },
  };
  return { ok, reasons, line };
}

function nameOf({ case: { truth, provider, operation } }: Judged): string {
  return `${truth}, ${operation} at ${provider}`;
}

export function table({ truths, keyWindows }: Evidence, verdict: Verdict): readonly string[] {
  const rows = Map.groupBy([...truths, ...keyWindows], ({ case: { truth, operation } }) => `${truth.padEnd(26)}${operation}`); // prettier-ignore
  const cell = (judged: Judged | undefined): string =>
    judged === undefined
      ? '-'
      : `${judged.wrong.length === 0 ? '' : 'WRONG '}${judged.status} by ${judged.basis}${judged.sentCount > 1 ? `, sent ${String(judged.sentCount)} times` : ''}`;
  return [
    '',
    `${'truth'.padEnd(26)}${'call'.padEnd(12)}${providers.map((name) => name.padEnd(46)).join('')}`,
    ...[...rows].map(([name, judged]) =>
      `${name.padEnd(38)}${providers.map((provider) => cell(judged.find((one) => one.case.provider === provider)).padEnd(46)).join('')}`.trimEnd(),
    ),
    '',
    `${String(operations.length)} calls at ${String(providers.length)} providers; sent again: under the same key while that is safe, under a new one once absence is proven.`,
    ...(verdict.ok ? ['ok'] : ['not ok:', ...verdict.reasons.slice(0, 40).map((r) => `  ${r}`)]),
  ];
}
