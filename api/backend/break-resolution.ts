/**
 * How people end breaks, as a worker: entries, match, break, timeline and key in one commit, under the locks of
 * `holdBreak`. What needs a second person is asked for here and carried out when `approvals.ts` hears the yes.
 */
import type { Transaction } from 'kysely';
import { askForResolution, openResolution, type ApprovalRow } from '../../db/approvals.ts';
import {
  endBreak,
  findWrongEntry,
  forceMatch,
  fundModelOf,
  isResolved,
  matchBankByHand,
  noteBreak,
  type HeldBreak,
} from '../../db/break-resolutions.ts';
import { postBank } from '../../db/bank.ts';
import { commitChange } from '../../db/changes.ts';
import type { Database } from '../../db/database.ts';
import { postEntries } from '../../db/ledger-posting.ts';
import { paymentState } from '../../db/snapshot.ts';
import { operatorId } from '../../domain/accounts.ts';
import {
  judgeBreak,
  type BreakPlan,
  type BreakRequest,
  type LineMatch,
} from '../../domain/break-resolution.ts';
import type { Decided } from '../../domain/break-state.ts';
import type { RefusalCode } from '../../domain/errors.ts';
import { payoutLateMs } from '../../domain/matching/bank.ts';
import { approvalLifeMs } from '../../domain/timing.ts';
import type { BreakInput } from '../breaks/ports.ts';
import { minorUnits } from '../minor-units.ts';

type Trx = Transaction<Database>;

export interface Refusal {
  readonly code: RefusalCode;
  readonly detail: string;
}

export interface Resolving {
  readonly merchantId: string;
  readonly input: BreakInput;
  readonly decided: Decided;
  readonly approvalId: string | null;
}

function refusal(code: RefusalCode, detail: string): { readonly kind: 'refused' } & Refusal {
  return { kind: 'refused', code, detail };
}

/** Whose books: those its money stands in, else the break's, else of those who work on it. */
function ownerOf({ row, suspendedAt }: HeldBreak, merchantId: string): string {
  // What a batch is short of was never any merchant's.
  if (row.kind === 'batch') return operatorId;
  return suspendedAt ?? row.merchant_id ?? merchantId;
}

async function requestOf(trx: Trx, owner: string, input: BreakInput): Promise<BreakRequest | null> {
  if (input.action !== 'amend') return input;
  const wrong = await findWrongEntry(trx, owner, input.entryId);
  return wrong === null ? null : { action: 'amend', wrong, right: input.postings };
}

type Judged = BreakPlan | ({ readonly kind: 'refused' } & Refusal);

export async function judgeHeld(trx: Trx, held: HeldBreak, resolving: Resolving): Promise<Judged> {
  if (held.isHalfBooked && held.state.status === 'open' && resolving.input.action !== 'claim') {
    return refusal('break_changed', 'Its line is matched already, and about to be booked.');
  }
  const owner = ownerOf(held, resolving.merchantId);
  const request = await requestOf(trx, owner, resolving.input);
  if (request === null) {
    return refusal('amendment_not_possible', 'There is no such entry, or it is reversed already.');
  }
  const { currency } = held.state;
  const books = currency === null ? null : { fundModel: await fundModelOf(trx, owner), currency };
  const judged = judgeBreak(held.state, request, books, resolving.decided);
  if (judged.kind === 'refused' || judged.match === null) return judged;
  const fault = await matchByHand(trx, held, judged.match, null);
  return fault === null ? judged : refusal('match_not_possible', fault);
}

/** As it was judged under the same locks; what needs an approval has one by now. */
export async function carryOut(
  trx: Trx,
  held: HeldBreak,
  resolving: Resolving,
  plan: BreakPlan,
): Promise<void> {
  const { id } = held.row;
  const { input, decided, approvalId } = resolving;
  const owner = ownerOf(held, resolving.merchantId);
  const entries = await book(trx, owner, plan);
  if (plan.match !== null) {
    const fault = await matchByHand(trx, held, plan.match, approvalId);
    if (fault !== null) throw new Error(`break ${id} changed under its lock: ${fault}`);
  }
  const said = {
    ...{ action: input.action, reason: decided.reason, by: decided.askedBy },
    ...{ approved_by: decided.approvedBy, approval_id: approvalId, entries },
    ...(plan.match !== null && { match: plan.match }),
  };
  await (plan.ends ? endBreak(trx, id, said) : noteBreak(trx, id, said));
  if (plan.match !== null && held.state.atBank) await bookAtBank(trx, held.row.id);
  await tell(trx, held, plan.ends ? 'break.resolved' : 'break.noted', said);
}

function matchByHand(
  trx: Trx,
  { row, state }: HeldBreak,
  match: LineMatch,
  approvalId: string | null,
): Promise<string | null> {
  return state.atBank
    ? matchBankByHand(trx, row.id, match.subjectIds, approvalId)
    : forceMatch(trx, row.id, match, approvalId);
}

/** As the statement itself is: out of suspense, and to where its payouts are in transit. */
async function bookAtBank(trx: Trx, id: string): Promise<void> {
  for (;;) {
    const { isDone } = await postBank(trx, null, payoutLateMs);
    if (isDone) break;
  }
  if (!(await isResolved(trx, id))) throw new Error(`break ${id} is matched and still open`);
}

/**
 * Ids of what was booked. They are of the break and not of its payment: what the shopper paid is what it was,
 * and the payment's own amounts go on agreeing with its entries.
 */
async function book(
  trx: Trx,
  merchantId: string,
  { entries }: BreakPlan,
): Promise<readonly string[]> {
  if (entries.length === 0) return [];
  const verdicts = await postEntries(
    trx,
    entries.map((entry) => ({ ...entry, merchantId })),
  );
  const wrong = verdicts.find(({ result }) => result !== 'posted');
  if (wrong !== undefined) throw new Error(`${wrong.key} is not booked: ${wrong.result}`);
  return verdicts.map(({ entry_id: id = '' }) => id);
}

/** The people, in the timeline of the payment concerned. */
async function tell(
  trx: Trx,
  { row, snapshot }: HeldBreak,
  kind:
    'break.resolved' | 'break.noted' | 'break.resolution_requested' | 'break.resolution_rejected',
  said: { readonly by: string; readonly approved_by?: string | null },
): Promise<void> {
  if (snapshot === null) return;
  const payment = paymentState(snapshot);
  const actor = said.approved_by ?? said.by;
  const about = {
    break_id: row.id,
    break_kind: row.kind,
    amount: row.amount,
    currency: row.currency,
  };
  const evidence = { kind: 'staff', ...about, ...said };
  const { committed } = await commitChange(trx, payment, { timeline: [{ actor, kind, evidence }] });
  if (!committed) throw new Error(`payment ${payment.id} changed under its lock`);
}

export async function tellRejected(
  trx: Trx,
  held: HeldBreak,
  { id, asked_by }: ApprovalRow,
  { decidedBy, reason }: { readonly decidedBy: string; readonly reason: string | undefined },
): Promise<void> {
  const said = {
    by: decidedBy,
    approval_id: id,
    asked_by,
    ...(reason !== undefined && { reason }),
  };
  await tell(trx, held, 'break.resolution_rejected', said);
}

/** Asks another person; null: asked. */
export async function ask(
  trx: Trx,
  held: HeldBreak,
  resolving: Resolving,
  approvalId: string,
): Promise<Refusal | null> {
  const { row, state } = held;
  if (await openResolution(trx, row.id, 'break')) {
    return refusal('resolution_pending', 'Another person is asked about this already.');
  }
  const { input, decided } = resolving;
  await askForResolution(trx, {
    ...{ id: approvalId, kind: 'break', merchantId: row.merchant_id, lifeMs: approvalLifeMs },
    paymentId: row.merchant_id === null ? null : row.payment_id,
    ...{
      request: wire(input, resolving.merchantId),
      actor: decided.askedBy,
      reason: decided.reason,
    },
    binds: {
      ...{ id: row.id, version: held.version },
      ...(state.amount !== null && { amount: minorUnits(state.amount) }),
      ...(state.currency !== null && { currency: state.currency }),
    },
  });
  const said = { by: decided.askedBy, approval_id: approvalId, reason: decided.reason };
  await tell(trx, held, 'break.resolution_requested', { ...said, ...{ action: input.action } });
  return null;
}

/** As it is kept with the approval. */
function wire(input: BreakInput, merchantId: string): Record<string, unknown> {
  const kept: Record<string, unknown> = { merchant_id: merchantId, action: input.action };
  if (input.action === 'amend') {
    kept['entry_id'] = input.entryId;
    kept['postings'] = input.postings.map((p) => ({ ...p, amount: String(p.amount) }));
  }
  if (input.action === 'force_match') {
    const { reconciliationId, line, subjectIds } = input;
    Object.assign(kept, { reconciliation_id: reconciliationId, line, subject_ids: subjectIds });
  }
  return JSON.parse(JSON.stringify(kept)) as Record<string, unknown>;
}

function inputOf(request: ApprovalRow['request']): BreakInput {
  const kept = request as Readonly<{
    action: BreakInput['action'];
    entry_id: string;
    postings: readonly {
      account: string;
      side: 'debit' | 'credit';
      amount: string;
      currency: string;
    }[];
    reconciliation_id?: string;
    line?: number;
    subject_ids?: readonly string[];
  }>;
  if (kept.action === 'amend') {
    const postings = kept.postings.map((p) => ({ ...p, amount: BigInt(p.amount) }));
    return { action: 'amend', entryId: kept.entry_id, postings };
  }
  if (kept.action === 'force_match') {
    const { reconciliation_id: reconciliationId, line, subject_ids: subjectIds } = kept;
    return { action: 'force_match', reconciliationId, line, subjectIds };
  }
  return { action: kept.action };
}

/** What the second person's yes brings about, judged once more. The approval is held, and still open. */
export async function judgeApproved(
  trx: Trx,
  held: HeldBreak | null,
  approval: ApprovalRow,
  decidedBy: string,
): Promise<
  | (BreakPlan & { readonly resolving: Resolving; readonly held: HeldBreak })
  | ReturnType<typeof refusal>
> {
  if (held?.row.status === 'resolved') return refusal('break_resolved', 'It is resolved already.');
  if (held === null || held.version !== approval.binds.version) {
    return refusal('break_changed', 'It is not as it was when this was asked for.');
  }
  const { asked_by: askedBy, reason, request } = approval;
  const resolving: Resolving = {
    merchantId: String(request['merchant_id']),
    input: inputOf(request),
    decided: { reason, askedBy, approvedBy: decidedBy },
    approvalId: approval.id,
  };
  const judged = await judgeHeld(trx, held, resolving);
  return judged.kind === 'refused' ? judged : { ...judged, resolving, held };
}
