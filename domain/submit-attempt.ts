/** Commit 2: the attempt row whose insert is the permit to send; and the ends that need no provider. */
import type { Change, FrozenAnswer, RouteExclusion, RouteRecord } from './change.ts';
import { openVoid, type PaymentState } from './payment-state.ts';
import type { ProviderContract } from './provider.ts';
import type { Assessment } from './risk/assessment.ts';
import type { Decision } from './screen.ts';
import { isReauthorizing, reauthorized } from './reauthorization.ts';
import { voidLine } from './submit-operation.ts';
import { isOfThisRound } from './routing.ts';
import { attemptsMax, sendWithinMs, unansweredAfterMs } from './timing.ts';
import { cardIdentity } from './risk/card-identity.ts';

export interface AttemptIdentity {
  readonly attemptId: string;
  readonly returnToken: string;
}

export function submitAttempt(
  payment: PaymentState,
  decision: Extract<Decision, { kind: 'try' }>,
  contract: ProviderContract,
  identity: AttemptIdentity,
): Change {
  const { risk, route } = decision;
  const inOneCall = payment.captureMethod === 'automatic' && route?.hold !== true;
  const sale = inOneCall && contract.sale && payment.amount > 0n;
  return {
    payment: {},
    attempts: {
      insert: [
        {
          id: identity.attemptId,
          provider: decision.provider,
          kind: sale ? 'sale' : 'authorize',
          status: 'submitting',
          paymentMethod: {
            type: payment.paymentMethod.type,
            token: decision.token,
            ...cardIdentity(payment.paymentMethod),
          },
          route: decision.route ?? unruled(decision),
          providerKey: identity.attemptId,
          sendBy: Math.min(payment.now + sendWithinMs, payment.submitBy ?? payment.now),
          // A resend is safe only while the provider is sure to remember the key.
          keyHorizon: payment.now + contract.keyLifeMs / 2,
          dueAt: payment.now + unansweredAfterMs,
          returnToken: identity.returnToken,
          basis: { kind: 'rule', detail: 'routed', provider: decision.provider },
        },
      ],
    },
    ...riskOf(payment, risk),
    timeline: [
      {
        actor: 'tender',
        kind: 'attempt.submitting',
        toStatus: 'submitting',
        evidence: {
          attempt_id: identity.attemptId,
          provider: decision.provider,
          ...(decision.route ?? unruled(decision)),
        },
      },
    ],
  };
}

function riskOf(payment: PaymentState, risk: Assessment | undefined): Pick<Change, 'risk'> {
  if (risk === undefined) return {};
  return { risk: { ...risk, attemptNumber: payment.attempts.length + 1 } };
}

/** Decided by a process from before there were rules. */
function unruled({ provider, excluded }: Extract<Decision, { kind: 'try' }>): RouteRecord {
  return {
    ...{ rulesVersion: 0, rule: null, order: [provider], excluded },
    ...{ propensity: 1, explored: false },
  };
}

/** Ends a payment (or hands it back to the shopper) without any provider being asked. */
export function closeUnsent(
  payment: PaymentState,
  decision: Exclude<Decision, { kind: 'try' }>,
): Change {
  switch (decision.kind) {
    case 'block':
      return {
        ...closed(payment, 'blocked', decision.code, decision.detail),
        ...riskOf(payment, decision.risk),
      };
    case 'cancel':
      return closed(payment, 'canceled', decision.code, 'Nothing was sent to a provider.');
    case 'no_provider':
      return { ...notTried(payment, decision.excluded), ...riskOf(payment, decision.risk) };
  }
}

/** Nobody is left: back to the shopper with the last no there was, or the end. */
function notTried(payment: PaymentState, excluded: readonly RouteExclusion[]): Change {
  const tried = payment.attempts.filter((a) => isOfThisRound(payment, a));
  const decline = tried.findLast((a) => a.decline !== null)?.decline ?? null;
  const back = payment.attempts.length >= attemptsMax ? 'failed' : 'requires_payment_method';
  const again = isReauthorizing(payment);
  const status = again ? 'expired' : back;
  const detail =
    decline === null ? 'no provider could be tried' : 'no other provider could be tried';
  return {
    payment: {
      status,
      ...reauthorized(payment, false),
      lastDecline: decline ?? {
        code: 'provider_unavailable',
        advice: 'retry_later',
        providerCode: '',
      },
      statusBasis: { kind: 'rule', detail },
    },
    timeline: [
      {
        actor: 'tender',
        kind: `payment.${status}`,
        fromStatus: payment.status,
        toStatus: status,
        evidence: { kind: 'rule', detail, excluded },
      },
    ],
    events: [{ type: again ? 'payment.expired' : 'payment.failed' }],
    answers: [
      {
        awaitsId: payment.id,
        status: 402,
        code: decline === null ? 'provider_unavailable' : 'payment_declined',
      },
    ],
  };
}

function closed(
  payment: PaymentState,
  wanted: 'blocked' | 'canceled',
  code: string,
  detail: string,
): Change {
  const cancel = openVoid(payment);
  // What had expired is as it was before it was asked for again, unless somebody cancels it.
  const status = isReauthorizing(payment) && cancel === undefined ? 'expired' : wanted;
  const basis = {
    kind: code === 'not_submitted_in_time' ? ('timer' as const) : ('rule' as const),
    detail: code,
  };
  return {
    payment: { status, statusBasis: basis, captureClosed: true, ...reauthorized(payment, false) },
    ...(cancel && {
      operations: {
        update: [
          { id: cancel.id, fromStatus: cancel.status, status: 'succeeded', dueAt: null, basis },
        ],
      },
    }),
    timeline: [
      ...(cancel ? [voidLine(cancel, basis)] : []),
      {
        actor: 'tender',
        kind: `payment.${status}`,
        fromStatus: payment.status,
        toStatus: status,
        evidence: { ...basis, explanation: detail },
      },
    ],
    events: [{ type: `payment.${status}` }],
    answers: [
      { awaitsId: payment.id, ...answerTo(code) },
      ...(cancel ? [{ awaitsId: cancel.id, status: 200 as const }] : []),
    ],
  };
}

function answerTo(code: string): Omit<FrozenAnswer, 'awaitsId'> {
  if (code === 'canceled') return { status: 201 };
  return { status: code === 'payment_in_doubt' ? 409 : 402, code };
}
