/**
 * Holds the lines of one file against our books. In steps that each commit by themselves and do nothing
 * twice: whoever dies in between is followed by somebody who goes on with what is left.
 */
import type { Db } from '../../db/client.ts';
import {
  conversionRates,
  holdSettlement,
  listLinesToExplain,
  matchCleanLines,
  paymentsOfLines,
  recordFindings,
  subjectsOfPayments,
  type Recorded,
} from '../../db/matching.ts';
import type { Reconciliation } from '../../db/reconciliations.ts';
import { explainPayment, type Explained, type RateOf } from '../../domain/matching/explain.ts';
import type { SettledLine } from '../../domain/matching/line.ts';

/** Lines per commit: what a killed worker loses at most. */
const stretch = 5_000;
/** Of lines that need explaining each is looked at by itself. */
const explainedAtOnce = 500;

export interface Matching {
  readonly matched: number;
  /** Breaks that were not known before. */
  readonly opened: number;
}

export interface Step {
  readonly db: Db;
  readonly signal: AbortSignal;
}

export async function matchLines(
  step: Step,
  reconciliation: Reconciliation,
  again = false,
): Promise<Matching> {
  const { id, lines } = reconciliation;
  let clean = 0;
  for (let from = 1; !again && from <= lines; from += stretch) {
    step.signal.throwIfAborted();
    clean += await matchCleanLines(step.db, id, from, from + stretch);
  }
  const { matched, opened } = await explainLines(step, reconciliation, again);
  return { matched: clean + matched, opened };
}

/** `again`: only what a break is open about, of a file that was matched before. */
export async function explainLines(
  { db, signal }: Step,
  { id, provider }: Reconciliation,
  again: boolean,
): Promise<Matching> {
  let total: Matching = { matched: 0, opened: 0 };
  let after: number | null = 0;
  while (after !== null) {
    signal.throwIfAborted();
    const step = await explainSome(db, { id, provider, after, again });
    total = { matched: total.matched + step.matched, opened: total.opened + step.opened };
    after = step.last;
  }
  return total;
}

async function explainSome(
  db: Db,
  of: {
    readonly id: string;
    readonly provider: string;
    readonly after: number;
    readonly again: boolean;
  },
): Promise<Recorded & { readonly last: number | null }> {
  const { id, provider, after, again } = of;
  return db.transaction().execute(async (trx) => {
    await holdSettlement(trx, provider);
    const page = { after, again, limit: explainedAtOnce };
    const lines = await listLinesToExplain(trx, id, page);
    if (lines.length === 0) return { matched: 0, opened: 0, last: null };
    const numbers = lines.map(({ line }) => line);
    const payments = await paymentsOfLines(trx, id, numbers);
    const subjects = await subjectsOfPayments(trx, provider, [...new Set(payments.values())]);
    const rates = await conversionRates(trx, id);
    const rateOf: RateOf = (charged, settled) => rates.get(`${charged}/${settled}`) ?? null;
    const explained = byPayment(lines, payments).map(([paymentId, own]) =>
      explainPayment(
        own,
        subjects.filter((subject) => subject.paymentId === paymentId),
        rateOf,
      ),
    );
    const recorded = await recordFindings(trx, id, numbers, together(explained));
    return { ...recorded, last: lines.length < explainedAtOnce ? null : (numbers.at(-1) ?? null) };
  });
}

/** In the order of time; lines that name no payment of ours each by themselves. */
function byPayment(
  lines: readonly SettledLine[],
  payments: ReadonlyMap<number, string>,
): readonly (readonly [paymentId: string | null, lines: readonly SettledLine[]])[] {
  const groups = new Map<string, SettledLine[]>();
  for (const line of lines.toSorted((a, b) => a.occurredAt - b.occurredAt || a.line - b.line)) {
    const key = payments.get(line.line) ?? `line ${String(line.line)}`;
    groups.set(key, [...(groups.get(key) ?? []), line]);
  }
  return [...groups].map(([key, own]) => [key.startsWith('line ') ? null : key, own]);
}

function together(all: readonly Explained[]): Explained {
  return {
    matches: all.flatMap(({ matches }) => matches),
    breaks: all.flatMap(({ breaks }) => breaks),
  };
}
