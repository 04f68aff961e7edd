/**
 * What people may do about a break, and what it does to the books. Nothing is plugged: money leaves suspense
 * in full or not at all, and only where it stood there because of this very break.
 */
import { judgeAmendment, type Amended } from './break-amendment.ts';
import { differenceOf, type BreakState, type Decided } from './break-state.ts';
import { actionsOf, type BreakAction } from './breaks.ts';
import type { RefusalCode } from './errors.ts';
import type { JournalEntry } from './journal-entry.ts';
import { outgoingIdentifiedEntry, receiptIdentifiedEntry } from './posting-rules/bank-suspense.ts';
import type { Books } from './posting-rules/entry.ts';
import { differenceParkedEntry } from './posting-rules/provider-suspense.ts';
import {
  badDebtWrittenOffEntry,
  shortageWrittenOffEntry,
  surplusWrittenOffEntry,
} from './posting-rules/write-off.ts';

export type BreakRequest =
  | { readonly action: Exclude<BreakAction, 'force_match' | 'amend'> }
  | {
      readonly action: 'force_match';
      readonly reconciliationId?: string | undefined;
      readonly line?: number | undefined;
      readonly subjectIds?: readonly string[] | undefined;
    }
  | ({ readonly action: 'amend' } & Amended);

export interface LineMatch {
  readonly reconciliationId: string;
  readonly line: number;
  readonly subjectIds: readonly string[];
}

export interface BreakPlan {
  readonly kind: 'plan';
  readonly entries: readonly JournalEntry[];
  readonly match: LineMatch | null;
  /** False: it is noted, and stays open. */
  readonly ends: boolean;
}

interface BreakRefusal {
  readonly kind: 'refused';
  readonly code: RefusalCode;
  readonly detail: string;
}
export type BreakJudgement = BreakPlan | BreakRefusal;

const twoPeople: ReadonlySet<BreakAction> = new Set([
  ...(['force_match', 'amend', 'write_off', 'from_suspense'] as const),
]);

export function needsTwoPeople(action: BreakAction): boolean {
  return twoPeople.has(action);
}

function refused(code: RefusalCode, detail: string): BreakRefusal {
  return { kind: 'refused', code, detail };
}

function plan(values: Partial<Omit<BreakPlan, 'kind'>>): BreakPlan {
  return { kind: 'plan', entries: [], match: null, ends: true, ...values };
}

/** `books`: null where nobody knows whose money it is. */
export function judgeBreak(
  found: BreakState,
  request: BreakRequest,
  books: Books | null,
  decided: Decided,
): BreakJudgement {
  const { action } = request;
  if (found.status === 'resolved') return refused('break_resolved', 'It is resolved already.');
  if (!actionsOf(found.kind).includes(action)) {
    return refused(
      'break_action_not_possible',
      `A break of kind ${found.kind} takes no ${action}.`,
    );
  }
  switch (action) {
    case 'claim':
      return plan({ ends: false });
    case 'explain':
    case 'accept_fee':
      return found.inSuspense === 0n
        ? plan({})
        : refused('break_in_suspense', 'Its money stands in suspense: say where that goes.');
    case 'force_match':
      return judgeMatch(found, request, books);
    case 'amend':
      return judgeMoney(found, books, (b) => {
        const judged = judgeAmendment(found, request, b, decided);
        return judged.kind === 'refused' ? judged : plan({ entries: judged.entries });
      });
    case 'to_suspense':
      return judgeMoney(found, books, (b) => park(found, b));
    case 'from_suspense':
      return judgeMoney(found, books, (b) => drained(found, () => [identified(found, b)]));
    case 'write_off':
      return judgeMoney(found, books, (b) => drained(found, () => [writtenOff(found, b, decided)]));
  }
}

function judgeMoney(
  found: BreakState,
  books: Books | null,
  then: (books: Books) => BreakJudgement,
): BreakJudgement {
  if (books === null || found.amount === null || found.amount === 0n) {
    const detail = 'It has no amount, or nobody knows whose it is: there is nothing to book.';
    return refused('break_action_not_possible', detail);
  }
  return then(books);
}

function park(found: BreakState, books: Books): BreakJudgement {
  if (found.inSuspense !== 0n)
    return refused('break_in_suspense', 'It stands in suspense already.');
  const { id, provider } = found;
  const entry = differenceParkedEntry(books, { id, provider, amount: differenceOf(found) });
  return plan({ entries: [entry], ends: false });
}

function drained(found: BreakState, entries: () => readonly JournalEntry[]): BreakJudgement {
  // Of what was paid back twice only the excess is: the dispute's own entries say how much.
  const isThere =
    found.kind === 'duplicate_outflow'
      ? found.inSuspense > 0n
      : found.inSuspense === -differenceOf(found);
  if (!isThere) {
    const detail = 'It does not stand in suspense with its amount: set it aside first.';
    return refused('break_not_in_suspense', detail);
  }
  return plan({ entries: entries() });
}

function sizeOf({ inSuspense }: BreakState): bigint {
  return inSuspense < 0n ? -inSuspense : inSuspense;
}

/** It turned out to be in the provider's receivable by another way. */
function identified(found: BreakState, books: Books): JournalEntry {
  const { id, provider } = found;
  const suspense = { suspenseKey: `${id}/suspense`, heldFor: provider, as: '1100' as const };
  const all = { ...suspense, provider, amount: sizeOf(found) };
  return found.inSuspense > 0n
    ? outgoingIdentifiedEntry(books, all)
    : receiptIdentifiedEntry(books, all);
}

function writtenOff(found: BreakState, books: Books, decided: Decided): JournalEntry {
  const { id, kind, provider } = found;
  const approver = decided.approvedBy ?? '';
  const given = { id, provider, amount: sizeOf(found), reason: decided.reason, approver };
  if (found.inSuspense < 0n) return surplusWrittenOffEntry(books, given);
  return kind === 'duplicate_outflow'
    ? badDebtWrittenOffEntry(books, given)
    : shortageWrittenOffEntry(books, given);
}

function judgeMatch(
  found: BreakState,
  request: Extract<BreakRequest, { readonly action: 'force_match' }>,
  books: Books | null,
): BreakJudgement {
  const reconciliationId = found.reconciliationId ?? request.reconciliationId;
  const line = found.line ?? request.line;
  const subjectIds = request.subjectIds ?? (found.subjectId === null ? [] : [found.subjectId]);
  const isOther =
    (found.line !== null && request.line !== undefined && request.line !== found.line) ||
    (found.line === null && found.subjectId !== null && !subjectIds.includes(found.subjectId));
  if (reconciliationId === undefined || line === undefined || subjectIds.length === 0 || isOther) {
    const detail = 'It takes the line and the movements of this break: one of them is not named.';
    return refused('match_not_possible', detail);
  }
  const match = { reconciliationId, line, subjectIds };
  // Its match is booked with it, which takes it out of suspense and ends it.
  if (found.atBank) return plan({ match, ends: false });
  if (!found.setAside) return plan({ match });
  return judgeMoney(found, books, (b) => {
    const out = drained(found, () => [identified(found, b)]);
    return out.kind === 'refused' ? out : { ...out, match };
  });
}
