/**
 * Money that payers send by themselves: short, in parts, too much, too late. What came is a fact and is
 * recorded, each credit once. The payment is paid when all of it is there; what is left over, or came for
 * a payment that is over, is sent back (docs/adr/0041).
 */
import type { NewCase } from './case.ts';
import type { AttemptPatch, Change, NewOperation, TimelineLine } from './change.ts';
import type { JournalEntry } from './journal-entry.ts';
import {
  isOpen,
  type AttemptState,
  type OperationState,
  type PaymentState,
} from './payment-state.ts';
import type { AttemptStatus } from './payment.ts';
import { transferAppliedEntry, transferReceivedEntry } from './posting-rules/transfer.ts';
import type { ProviderOutcome, Receipt } from './provider.ts';
import { recordSale } from './record-approval.ts';
import { basisOf, type Recording } from './recording.ts';
import { transferLookMs, transferWatchMs, transferWatchedForMs } from './timing.ts';

export interface TransferRecording extends Recording {
  /** Everything the provider says has come, with the id that each credit's operation has or will have. */
  readonly receipts: readonly (Receipt & { readonly operationId: string })[];
  /** The payment that has a credit's operation already, where that is another than this one. */
  readonly ofAnother: Readonly<Record<string, string>>;
  readonly outcome: ProviderOutcome;
  /** Made by the caller: of what is sent back. */
  readonly newReturnId: string;
}

const ended: readonly AttemptStatus[] = [
  'authorized',
  'declined',
  'not_sent',
  'voided',
  'expired',
  'late',
];

/** What failed so often is for a person to send another way. */
const returnsFailedMax = 3;

function sumOf(operations: readonly { readonly amount: bigint }[]): bigint {
  return operations.reduce((sum, { amount }) => sum + amount, 0n);
}

function ofAttempt(payment: PaymentState, attempt: AttemptState): readonly OperationState[] {
  return payment.operations.filter(({ attemptId }) => attemptId === attempt.id);
}

/** What came and is neither the payment's nor on its way back. */
export function unplaced(payment: PaymentState, attempt: AttemptState): bigint {
  const own = ofAttempt(payment, attempt);
  const captured = own.filter((o) => o.kind === 'capture' && o.status === 'succeeded');
  const returned = own.filter(
    (o) => o.kind === 'refund' && o.cause === 'transfer' && o.status !== 'failed',
  );
  return sumOf(own.filter(isReceipt)) - sumOf(captured) - sumOf(returned);
}

function isReceipt(operation: OperationState): boolean {
  return operation.kind === 'receipt';
}

/** What of a transfer is still to come. */
export function amountDue(payment: PaymentState, attempt: AttemptState): bigint {
  const received = sumOf(ofAttempt(payment, attempt).filter(isReceipt));
  return received >= attempt.amount ? 0n : attempt.amount - received;
}

/** Null: nothing came, and nobody has to look again. */
export function recordTransfers(r: TransferRecording): Change | null {
  const { payment, attempt, outcome } = r;
  const known = new Set(
    payment.operations.filter(isReceipt).map(({ providerReference }) => providerReference),
  );
  const fresh = r.receipts.filter(
    ({ id, operationId, currency }) =>
      !known.has(id) && currency === payment.currency && r.ofAnother[operationId] === undefined,
  );
  const free = unplaced(payment, attempt) + fresh.reduce((sum, one) => sum + one.amountMinor, 0n);
  const isWaiting = attempt.status === 'requires_action' && outcome.kind === 'requires_action';
  const isWhole = isWaiting && !payment.voidOpen && free >= attempt.amount;
  const isOver = isWhole || ended.includes(attempt.status);
  const left = isWhole ? free - attempt.amount : free;
  const stays = isOver && left > 0n ? returnsOf(r) : 'waits';
  const returned = stays === 'may_return' ? left : 0n;
  // One that is still in doubt is looked at for other reasons, and at other times.
  const decides = attempt.status === 'requires_action' || ended.includes(attempt.status);
  const isDue = decides && attempt.dueAt !== null && attempt.dueAt <= payment.now;
  if (fresh.length === 0 && !isWhole && returned === 0n && !isDue) return null;
  const change = combined(r, fresh, isWhole, returned);
  const cases = [
    ...(stays === 'failed' ? [caseOf(r, 'late_return', left, 'returns_failed')] : []),
    ...contradictions(r),
  ];
  return cases.length > 0 ? { ...change, cases } : change;
}

/** One return after the other: how much is left over is known when the last one is. */
function returnsOf({ payment, attempt }: TransferRecording): 'may_return' | 'waits' | 'failed' {
  const returns = ofAttempt(payment, attempt).filter(
    (o) => o.kind === 'refund' && o.cause === 'transfer',
  );
  if (returns.some(isOpen)) return 'waits';
  const failed = returns.filter((o) => o.status === 'failed').length;
  return failed < returnsFailedMax ? 'may_return' : 'failed';
}

function combined(
  r: TransferRecording,
  fresh: TransferRecording['receipts'],
  isWhole: boolean,
  returned: bigint,
): Change {
  const { payment, attempt } = r;
  const sale = isWhole ? recordSale(r, wholeOf(r)) : undefined;
  const returns = returned > 0n ? [returnOf(r, returned, isWhole)] : [];
  const capture = { id: r.newOperationId, amount: attempt.amount };
  const entries: readonly JournalEntry[] = [
    ...fresh.map(({ operationId: id, amountMinor: amount }) =>
      transferReceivedEntry(payment, attempt, { id, amount }),
    ),
    ...(sale === undefined ? [] : [transferAppliedEntry(payment, attempt, capture)]),
    ...(sale?.entries ?? []),
  ];
  const isLate =
    !isWhole && fresh.length > 0 && !['requires_action', 'authorized'].includes(attempt.status);
  return {
    payment: sale?.payment ?? {},
    attempts: { update: [{ ...attemptOf(r, sale), dueAt: nextLook(r, isWhole) }] },
    operations: {
      insert: [
        ...fresh.map((receipt) => receiptOf(r, receipt)),
        ...(sale?.operations?.insert ?? []),
        ...returns,
      ],
    },
    entries,
    timeline: [
      ...fresh.map((receipt) => receivedLine(r, receipt)),
      ...(sale?.timeline ?? []),
      ...returns.map((operation) => returnLine(operation)),
    ],
    events: [
      ...fresh.map(({ operationId }) => ({ type: 'transfer.received', operationId })),
      ...(isLate ? [{ type: 'payment.late_success' }] : []),
      ...(sale?.events ?? []),
      ...returns.map(({ id: operationId }) => ({ type: 'refund.created', operationId })),
    ],
    answers: sale?.answers ?? [],
  };
}

function attemptOf({ attempt }: TransferRecording, sale: Change | undefined): AttemptPatch {
  return sale?.attempts?.update?.[0] ?? { id: attempt.id, fromStatus: attempt.status };
}

/** All of it is there, by our own count of what the provider has listed. */
function wholeOf({
  payment,
  attempt,
  outcome,
}: TransferRecording): Parameters<typeof recordSale>[1] {
  return {
    kind: 'approved',
    providerReference: attempt.providerReference ?? '',
    amountMinor: attempt.amount,
    currency: payment.currency,
    captured: true,
    evidence: outcome.evidence,
  };
}

function receiptOf(
  { attempt, outcome }: TransferRecording,
  { operationId, id, amountMinor }: TransferRecording['receipts'][number],
): NewOperation {
  return {
    id: operationId,
    attemptId: attempt.id,
    kind: 'receipt',
    cause: 'transfer',
    status: 'succeeded',
    amount: amountMinor,
    final: false,
    late: true,
    providerReference: id,
    dueAt: null,
    basis: basisOf(outcome.evidence),
    requestedBy: 'tender',
  };
}

function returnOf(
  { payment, attempt, newReturnId }: TransferRecording,
  amount: bigint,
  isExcess: boolean,
): NewOperation {
  const reason =
    isExcess || attempt.status === 'authorized' ? 'transfer_excess' : 'transfer_not_expected';
  return {
    id: newReturnId,
    attemptId: attempt.id,
    kind: 'refund',
    cause: 'transfer',
    status: 'requested',
    amount,
    final: false,
    late: true,
    reason,
    dueAt: payment.now,
    basis: { kind: 'rule', detail: reason },
    requestedBy: 'tender',
  };
}

/** What is listed here and cannot be booked here. Money that came once is one payment's, the first that has it. */
function contradictions(r: TransferRecording): readonly NewCase[] {
  const foreign = r.receipts.some(({ currency }) => currency !== r.payment.currency);
  const taken = r.receipts.filter(({ operationId }) => r.ofAnother[operationId] !== undefined);
  if (taken.length > 0) {
    const amount = taken.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
    const opened = caseOf(r, 'contradiction', amount, 'receipt_of_another_payment');
    const has = taken.map(({ id, operationId }) => `${id} is ${r.ofAnother[operationId] ?? ''}`);
    return [{ ...opened, evidence: { ...opened.evidence, recorded: has } }];
  }
  return foreign ? [caseOf(r, 'contradiction', 0n, 'receipt_in_another_currency')] : [];
}

/** Opened once, while it is open; whoever settles it by hand closes it. */
function caseOf(
  { attempt, outcome, receipts }: TransferRecording,
  kind: NewCase['kind'],
  amount: bigint,
  reason: string,
): NewCase {
  const listed = receipts.map((one) => `${one.id} ${String(one.amountMinor)} ${one.currency}`);
  return {
    ...{ kind, attemptId: attempt.id, amount, reason },
    evidence: { ...outcome.evidence, receipts: listed },
  };
}

function receivedLine(
  { attempt, outcome }: TransferRecording,
  { operationId, id, amountMinor }: TransferRecording['receipts'][number],
): TimelineLine {
  return {
    actor: `provider:${outcome.evidence.provider}`,
    kind: 'transfer.received',
    evidence: {
      ...outcome.evidence,
      attempt_id: attempt.id,
      operation_id: operationId,
      amount: String(amountMinor),
      transfer: id,
    },
  };
}

function returnLine({ id, amount, reason = '' }: NewOperation): TimelineLine {
  return {
    actor: 'tender',
    kind: 'refund.requested',
    toStatus: 'requested',
    evidence: { kind: 'rule', operation_id: id, amount: String(amount), reason },
  };
}

/**
 * Events may be lost, so it is looked at by the clock as well: often while somebody waits for it, daily for
 * some time after. What comes later still is known by its event alone.
 */
function nextLook({ payment, attempt }: TransferRecording, isWhole: boolean): number | null {
  const expiresAt = attempt.expiresAt ?? payment.now;
  if (!isWhole && !ended.includes(attempt.status)) {
    return expiresAt > payment.now
      ? Math.min(expiresAt, payment.now + transferLookMs)
      : payment.now;
  }
  return payment.now < expiresAt + transferWatchedForMs ? payment.now + transferWatchMs : null;
}
