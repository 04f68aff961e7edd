/** What was found: a table for people, one line of JSON for tools (API.md, "Benchmarks and drills"). */
import { breakKinds } from '../../domain/breaks.ts';
import type { Judged, OfKind } from './judge.ts';

export interface BreaksReport {
  readonly ok: boolean;
  readonly lines: readonly string[];
  readonly json: Readonly<Record<string, unknown>>;
}

/** Of lines that are in order, one in so many may be questioned. */
const cleanPerFalse = 100_000;

export function makeReport(
  judged: Judged,
  run: {
    readonly seed: number;
    readonly commit: string | null;
    readonly seconds: number;
    readonly each: number;
  },
): BreaksReport {
  const of = (kind: string): OfKind =>
    judged.kinds[kind] ?? { planted: 0, found: 0, named: 0, wrong: 0 };
  const sum = (count: keyof OfKind): number =>
    breakKinds.reduce((total, kind) => total + of(kind)[count], 0);
  const cases = sum('planted');
  const reasons = complaints(judged, run.each, of);
  const ok = reasons.length === 0;
  return {
    ok,
    lines: [
      '',
      `${'kind'.padEnd(20)}${['planted', 'found', 'named', 'false'].map((name) => name.padStart(9)).join('')}`,
      ...breakKinds.map((kind) => rowOf(kind, of(kind))),
      `${String(judged.cleanLines)} clean lines, ${String(sum('wrong'))} false breaks`,
      ...reasons.map((reason) => `not ok: ${reason}`),
      ...judged.examples.map((example) => `  ${example}`),
    ],
    json: {
      ...{ name: 'drill:breaks', seed: run.seed, commit: run.commit, ok, seconds: run.seconds },
      ...{ cases, right: sum('named'), wrong: cases - sum('named'), false_breaks: sum('wrong') },
      ...{ clean_lines: judged.cleanLines, silent: judged.silent, mismatched: judged.mismatched },
      kinds: Object.fromEntries(
        breakKinds.map((kind) => {
          const { wrong, ...counts } = of(kind);
          return [kind, { ...counts, false: wrong }];
        }),
      ),
      reasons,
    },
  };
}

function rowOf(kind: string, { planted, found, named, wrong }: OfKind): string {
  const counts = [planted, found, named, wrong].map((count) => String(count).padStart(9)).join('');
  return `${kind.padEnd(20)}${counts}`;
}

function complaints(
  { kinds, cleanLines, silent, mismatched }: Judged,
  each: number,
  of: (kind: string) => OfKind,
): readonly string[] {
  const falseMax = Math.floor(cleanLines / cleanPerFalse);
  const wrong = Object.values(kinds).reduce((total, kind) => total + kind.wrong, 0);
  return [
    ...breakKinds.flatMap((kind) => {
      const { planted, named } = of(kind);
      if (planted !== each) return [`${kind}: ${String(planted)} planted, not ${String(each)}`];
      return named === planted ? [] : [`${kind}: ${String(planted - named)} not found as what they are`]; // prettier-ignore
    }),
    ...(wrong <= falseMax ? [] : [`${String(wrong)} false breaks, at most ${String(falseMax)}`]),
    ...(silent === 0 ? [] : [`${String(silent)} lines that nothing was said of`]),
    ...(mismatched === 0 ? [] : [`${String(mismatched)} lines matched with what they are not`]),
  ];
}
