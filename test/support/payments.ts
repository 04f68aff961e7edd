/**
 * Payments as tests need them: a builder takes only the values that matter and fills in the rest.
 * `anAuthorizedPayment` and the like are consistent with themselves, as the database would keep them.
 */
import type { Change } from '../../domain/change.ts';
import type {
  AttemptState,
  OperationKind,
  OperationState,
  PaymentState,
} from '../../domain/payment-state.ts';
import {
  attemptTransitions,
  operationTransitions,
  paymentTransitions,
  type OperationStatus,
} from '../../domain/payment.ts';
import type {
  Approved,
  ProviderContract,
  ProviderEvidence,
  ProviderOutcome,
} from '../../domain/provider.ts';

/** The instant at which every built payment is read. */
export const now = Date.UTC(2027, 0, 15, 12);
const second = 1_000;
const minute = 60 * second;
const day = 24 * 3_600 * second;

export function aContract(values: Partial<ProviderContract> = {}): ProviderContract {
  return {
    name: 'alder',
    methods: ['card', 'wallet'],
    currencies: null,
    exponents: {},
    tokens: 'portable',
    sale: true,
    partialCapture: true,
    multipleCaptures: true,
    ...{ incrementalAuthorization: false, disputeAnswers: true, payouts: false, challenges: true },
    modifications: 'synchronous',
    refundWindowMs: null,
    ...{ lookup: true, toldWithinMs: null },
    voidByReference: true,
    keyLifeMs: day,
    keyScope: 'account',
    errorsCached: true,
    absenceFinalAfterMs: 20 * second,
    settlementReports: { come: 'fetched', formats: ['day_csv'] },
    ...{ settlementCycleMs: day, settlingMs: 2 * second },
    authorizationLifeMs: 7 * day,
    authorizationLifeByBrandMs: {},
    connectMs: 5 * second,
    responseMs: 15 * second,
    deadlineMs: 15 * second,
    concurrentMax: 64,
    perSecondMax: 500,
    ...values,
  };
}

export function anAttempt(values: Partial<AttemptState> = {}): AttemptState {
  return {
    id: 'att_1',
    number: 1,
    provider: 'alder',
    kind: 'authorize',
    status: 'submitting',
    amount: 10_000n,
    token: 'tok_visa',
    providerKey: 'att_1',
    providerReference: null,
    sendBy: now + 2 * second,
    keyHorizon: now + day / 2,
    sentCount: 1,
    decline: null,
    lookups: 0,
    absences: 0,
    dueAt: now + 6 * second,
    parkedAt: null,
    expiresAt: null,
    ...{ returnToken: 'return_1', reauthorization: 0, challenged: false, held: false },
    createdAt: now,
    ...values,
  };
}

/** As the provider's yes leaves it. */
export function anAuthorizedAttempt(values: Partial<AttemptState> = {}): AttemptState {
  return anAttempt({
    status: 'authorized',
    providerReference: 'alder_1',
    dueAt: now + 7 * day,
    expiresAt: now + 7 * day,
    ...values,
  });
}

export function anOperation(values: Partial<OperationState> = {}): OperationState {
  const sent = values.status !== 'requested';
  return {
    id: 'op_1',
    number: 1,
    kind: 'capture',
    cause: 'request',
    status: 'submitting',
    amount: 10_000n,
    final: true,
    late: false,
    attemptId: 'att_1',
    providerKey: sent ? 'op_1' : null,
    providerReference: null,
    sendBy: sent ? now + 2 * second : null,
    keyHorizon: sent ? now + day / 2 : null,
    sentCount: sent ? 1 : 0,
    lookups: 0,
    absences: 0,
    dueAt: now,
    ...{ parkedAt: null, excess: false, fromSuspense: 0n, inPlaceOf: null },
    failureCode: null,
    approvalId: null,
    createdAt: now,
    ...values,
  };
}

/** Fresh from commit 1: nothing has been sent anywhere. */
export function aPayment(values: Partial<PaymentState> = {}): PaymentState {
  return {
    id: 'pay_1',
    merchantId: 'mer_1',
    fundModel: 'own',
    version: 1n,
    status: 'processing',
    amount: 10_000n,
    currency: 'USD',
    captureMethod: 'manual',
    paymentMethod: { type: 'card', token: 'tok_visa' },
    regulated: false,
    offSession: false,
    amountAuthorized: 0n,
    amountCaptured: 0n,
    captureReserved: 0n,
    amountRefunded: 0n,
    refundReserved: 0n,
    ...{ amountDisputed: 0n, disputesTold: false },
    amountExcess: 0n,
    refundLimit: null,
    voidOpen: false,
    ...{ captureClosed: false, reauthorizeAmount: null, reauthorizations: 0 },
    submitWithinMs: 5 * minute,
    submitBy: now + 5 * minute,
    expiresAt: now + day,
    attempts: [],
    ...{ operations: [], disputes: [], review: null, reviewDeclined: false },
    now,
    ...values,
  };
}

const open: readonly OperationStatus[] = ['requested', 'submitting', 'pending', 'unknown'];

/** Authorized in full, with `operations`; amounts, `voidOpen` and `captureClosed` follow from them. */
export function anAuthorizedPayment(
  operations: readonly OperationState[] = [],
  values: Partial<PaymentState> = {},
): PaymentState {
  const amount = values.amount ?? 10_000n;
  const sum = (kind: OperationKind, statuses: readonly OperationStatus[]): bigint =>
    operations
      .filter((o) => o.kind === kind && !o.late && statuses.includes(o.status))
      .reduce((total, o) => total + o.amount, 0n);
  const captured = sum('capture', ['succeeded']);
  const isClosed = operations.some(
    (o) =>
      o.status === 'succeeded' &&
      !o.late &&
      (o.kind === 'void' || (o.kind === 'capture' && o.final)),
  );
  const inFlight = sum('capture', open);
  return aPayment({
    status:
      captured === 0n
        ? 'requires_capture'
        : isClosed && inFlight === 0n
          ? 'captured'
          : 'partially_captured',
    amountAuthorized: amount,
    amountCaptured: captured,
    captureReserved: inFlight,
    amountRefunded: sum('refund', ['succeeded']),
    refundReserved: sum('refund', open),
    voidOpen: operations.some((o) => o.kind === 'void' && !o.late && open.includes(o.status)),
    captureClosed: isClosed,
    attempts: [anAuthorizedAttempt({ amount })],
    operations,
    ...values,
  });
}

/** Captured in full by one capture. */
export function aCapturedPayment(
  operations: readonly OperationState[] = [],
  values: Partial<PaymentState> = {},
): PaymentState {
  const capture = anOperation({
    id: 'op_capture',
    number: 1,
    cause: 'automatic',
    status: 'succeeded',
    amount: values.amount ?? 10_000n,
    dueAt: null,
  });
  return anAuthorizedPayment([capture, ...operations], values);
}

export function evidence(values: Partial<ProviderEvidence> = {}): ProviderEvidence {
  return { kind: 'provider_reply', provider: 'alder', detail: 'http_200', ...values };
}

export function approved(values: Partial<Approved> = {}): Approved {
  return {
    kind: 'approved',
    providerReference: 'alder_1',
    amountMinor: 10_000n,
    currency: 'USD',
    captured: false,
    evidence: evidence({ providerReference: 'alder_1' }),
    ...values,
  };
}

/** The same answer, found by a lookup instead of given as a reply. */
export function seenByLookup<T extends ProviderOutcome>(outcome: T): T {
  return { ...outcome, evidence: { ...outcome.evidence, kind: 'lookup' } };
}

export function declined(code = 'do_not_honor'): Extract<ProviderOutcome, { kind: 'declined' }> {
  return {
    kind: 'declined',
    decline: { code, advice: 'try_another_method', providerCode: code },
    evidence: evidence({ detail: 'http_402' }),
  };
}

export function pending(): Extract<ProviderOutcome, { kind: 'pending' }> {
  return { kind: 'pending', providerReference: 'alder_1', evidence: evidence() };
}

export function unknown(): Extract<ProviderOutcome, { kind: 'unknown' }> {
  return { kind: 'unknown', evidence: evidence({ detail: 'no_answer' }) };
}

export function notSent(): Extract<ProviderOutcome, { kind: 'not_sent' }> {
  return { kind: 'not_sent', evidence: evidence({ detail: 'connection_refused' }) };
}

export function requiresAction(): Extract<ProviderOutcome, { kind: 'requires_action' }> {
  return {
    kind: 'requires_action',
    providerReference: 'alder_1',
    action: { type: 'redirect', url: 'https://alder.example/3ds/1' },
    evidence: evidence(),
  };
}

/** The moves of `change` that no transition table allows; a status written again is no move. */
export function illegalMoves(payment: PaymentState, change: Change | null): readonly string[] {
  if (change === null) return [];
  const check = <S extends string>(
    object: string,
    table: Readonly<Record<S, readonly S[]>>,
    from: S,
    to: S | undefined,
  ): string[] =>
    to === undefined || to === from || table[from].includes(to)
      ? []
      : [`${object}: ${from} to ${to}`];
  return [
    ...check('payment', paymentTransitions, payment.status, change.payment?.status),
    ...(change.attempts?.update ?? []).flatMap((a) =>
      check('attempt', attemptTransitions, a.fromStatus, a.status),
    ),
    ...(change.operations?.update ?? []).flatMap((o) =>
      check('operation', operationTransitions, o.fromStatus, o.status),
    ),
  ];
}

/** What the pending entries of `change` add to (or, negative, take from) the authorization's hold. */
export function heldBy(change: Change | null): bigint {
  return (change?.entries ?? [])
    .filter((entry) => entry.state === 'pending')
    .map((entry) => {
      const amount = entry.postings.find((p) => p.side === 'debit')?.amount ?? 0n;
      return entry.resolvesKey === undefined ? amount : -amount;
    })
    .reduce((sum, amount) => sum + amount, 0n);
}
