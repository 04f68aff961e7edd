/** Authorizing again what has expired: who may, what each answer does, and what is news of the old hold. */
import { describe, expect, test } from '@jest/globals';
import {
  aContract,
  anAttempt,
  anAuthorizedAttempt,
  anAuthorizedPayment,
  anOperation,
  approved,
  declined,
  illegalMoves,
  notSent,
  now,
  seenByLookup,
  unknown,
} from '../test/support/payments.ts';
import { requestCancel } from './commands.ts';
import { shrinkHold } from './hold.ts';
import { nextStep } from './next-step.ts';
import { capturable, type AttemptState, type PaymentState } from './payment-state.ts';
import type { ProviderOutcome } from './provider.ts';
import { requestReauthorization } from './reauthorization.ts';
import { recordAttempt } from './record-attempt.ts';
import { screen } from './screen.ts';
import { closeUnsent } from './submit-attempt.ts';
import { planOperation } from './submit-operation.ts';

const day = 86_400_000;
const ask = { actor: 'api_key:key_1' };
const able = () => aContract();

const over = anAuthorizedAttempt({
  status: 'expired',
  expiresAt: now - day,
  dueAt: null,
  createdAt: now - 8 * day,
});
const expiry = anOperation({
  id: 'op_expiry',
  kind: 'void',
  cause: 'expiry',
  status: 'succeeded',
  dueAt: null,
});

function expired(values: Partial<PaymentState> = {}): PaymentState {
  return anAuthorizedPayment([expiry], {
    ...{ status: 'expired', attempts: [over], submitBy: now - 8 * day + 300_000 },
    ...{ expiresAt: now - 7 * day, ...values },
  });
}

/** As the request leaves it. */
function asked(values: Partial<PaymentState> = {}): PaymentState {
  return expired({
    ...{ status: 'processing', submitBy: now + 300_000, reauthorizeAmount: 6_000n },
    ...{ reauthorizations: 1, offSession: true, ...values },
  });
}

const again = anAttempt({ id: 'att_2', number: 2, amount: 6_000n, reauthorization: 1 });
const sent = asked({ attempts: [over, again] });
const yes = approved({ amountMinor: 6_000n, providerReference: 'alder_2' });

function told(payment: PaymentState, attempt: AttemptState, outcome: ProviderOutcome) {
  const r = { payment, attempt, contract: aContract(), newOperationId: 'op_new' };
  const change = recordAttempt(r, outcome);
  expect(illegalMoves(payment, change)).toEqual([]);
  return change;
}

describe('asked for', () => {
  const late = { ...over, status: 'late' as const };
  const looked = { ...over, dueAt: now + day };
  const contradicted = { ...expiry, dueAt: now };
  const lateVoid = anOperation({ id: 'op_l', kind: 'void', late: true, status: 'unknown' });
  const captureInDoubt = anOperation({ id: 'op_c', status: 'unknown' });
  const possible = 'reauthorization_not_possible';
  const saved = { type: 'card', id: 'pm_1', tokens: { alder: 'a' } } as const;
  test.each<[string, PaymentState, string]>([
    ['expired', expired(), 'accepted'],
    ['expired, with a saved method', expired({ paymentMethod: saved }), 'accepted'],
    ['authorized', anAuthorizedPayment(), possible],
    ['canceled', expired({ status: 'canceled' }), possible],
    ['expired behind a page', expired({ amountAuthorized: 0n }), possible],
    ['being authorized again', sent, 'payment_in_doubt'],
    ['expiring now', anAuthorizedPayment([{ ...expiry, status: 'unknown' }]), 'payment_in_doubt'],
    ['found to stand', expired({ attempts: [late] }), 'payment_in_doubt'],
    ['looked at again', expired({ attempts: [looked] }), 'payment_in_doubt'],
    ['told otherwise', expired({ operations: [contradicted] }), 'payment_in_doubt'],
    ['giving back', expired({ operations: [expiry, lateVoid] }), 'payment_in_doubt'],
    ['captured, perhaps', expired({ operations: [captureInDoubt] }), 'payment_in_doubt'],
    ['captured after all', expired({ amountExcess: 1n }), possible],
    ['captured in part', expired({ amountCaptured: 1n }), possible],
    ['captured at once', expired({ captureMethod: 'automatic' }), possible],
    ['tried ten times', expired({ attempts: Array.from({ length: 10 }, () => over) }), possible],
    ['over for long', expired({ now: now + 29 * day + 1 }), possible],
    ['over for almost as long', expired({ now: now + 29 * day }), 'accepted'],
    [
      'of a token of one provider',
      expired({ paymentMethod: { type: 'card', tokens: { alder: 'tok' } } }),
      possible,
    ],
  ])('of a payment that is %s', (_, payment, verdict) => {
    const judgement = requestReauthorization(payment, ask, able);
    expect(judgement.kind === 'refused' ? judgement.code : 'accepted').toBe(verdict);
  });

  test('a token that is good once is not used again', () => {
    const judgement = requestReauthorization(expired(), ask, () => aContract({ tokens: 'own' }));
    expect(judgement).toMatchObject({ code: possible });
  });

  test.each([
    [undefined, 10_000n],
    [10_000n, 10_000n],
    [1n, 1n],
    [10_001n, null],
    [0n, null],
  ])('for %s: %s', (amount, reauthorizeAmount) => {
    const judgement = requestReauthorization(expired(), { ...ask, amount }, able);
    expect(judgement.kind === 'accepted' ? judgement.change.payment : null).toEqual(
      reauthorizeAmount === null
        ? null
        : expect.objectContaining({ status: 'processing', reauthorizeAmount, reauthorizations: 1 }),
    );
  });

  test('what is saved is read again, since it may be detached by now', () => {
    const judgement = requestReauthorization(expired({ paymentMethod: saved }), ask, able);
    expect(judgement).toMatchObject({
      change: { payment: { paymentMethod: { type: 'card', id: 'pm_1' } } },
    });
    const { paymentMethod } = (judgement.kind === 'accepted' && judgement.change.payment) || {};
    expect(paymentMethod).not.toHaveProperty('tokens');
  });
});

describe('before it is sent', () => {
  const view = { rules: null, candidates: [], draw: 0 } as unknown as Parameters<typeof screen>[1];

  test('nothing may be captured until a provider has said yes', () => {
    expect(capturable(asked())).toBe(0n);
    expect(nextStep(asked())).toEqual({ kind: 'authorize' });
  });

  test.each<[string, Partial<PaymentState>]>([
    ['is late', { attempts: [{ ...over, status: 'late' }] }],
    ['is to be looked at', { attempts: [{ ...over, dueAt: now }] }],
    [
      'is being given back',
      { operations: [anOperation({ id: 'op_l', kind: 'void', late: true, status: 'unknown' })] },
    ],
  ])('it goes back to expired when the old one %s', (_, values) => {
    const payment = asked(values);
    const decision = screen(payment, view);
    expect(decision).toMatchObject({ kind: 'block', code: 'payment_in_doubt' });
    if (decision.kind !== 'block') throw new Error('not blocked');
    const change = closeUnsent(payment, decision);
    expect(illegalMoves(payment, change)).toEqual([]);
    expect(change).toMatchObject({
      payment: { status: 'expired', reauthorizeAmount: null, captureClosed: true },
      answers: [{ status: 409, code: 'payment_in_doubt' }],
    });
  });

  test.each([
    [{ kind: 'no_provider', excluded: [] }, 'provider_unavailable'],
    [{ kind: 'cancel', code: 'not_submitted_in_time' }, 'not_submitted_in_time'],
    [{ kind: 'block', code: 'regulated_not_permitted', detail: '' }, 'regulated_not_permitted'],
  ] as const)('nobody to send it to, or no time: %j', (decision, code) => {
    const change = closeUnsent(asked(), decision);
    expect(illegalMoves(asked(), change)).toEqual([]);
    expect(change).toMatchObject({
      payment: { status: 'expired', reauthorizeAmount: null },
      answers: [{ status: 402, code }],
    });
  });

  test('it can be canceled, before and while it is asked for', () => {
    for (const payment of [asked(), sent]) {
      const judgement = requestCancel(payment, { ...ask, operationId: 'op_new' });
      expect(judgement.kind).toBe('accepted');
    }
    const cancel = anOperation({ id: 'op_x', number: 2, kind: 'void', cause: 'cancel' });
    const canceled = asked({ voidOpen: true, operations: [expiry, cancel] });
    const change = closeUnsent(canceled, { kind: 'cancel', code: 'canceled' });
    expect(change.payment?.status).toBe('canceled');
  });
});

test('canceled while a page waits after all, the page is closed at the provider first', () => {
  const page = { ...again, status: 'requires_action' as const, providerReference: 'alder_2' };
  const cancel = anOperation({ id: 'op_x', kind: 'void', cause: 'cancel', status: 'requested' });
  const payment = asked({ status: 'requires_action', attempts: [over, page], voidOpen: true });
  const plan = planOperation(payment, { ...cancel, attemptId: null }, able, 'op_new');
  expect(plan).toMatchObject({ kind: 'call', request: { reference: 'op_x' } });
});

describe('answered', () => {
  test('yes: held anew, for what was asked, and open to captures', () => {
    const change = told(sent, again, yes);
    expect(change).toMatchObject({
      payment: {
        ...{ status: 'requires_capture', amountAuthorized: 6_000n },
        ...{ captureClosed: false, reauthorizeAmount: null },
      },
      entries: [{ key: 'att_2/authorized', state: 'pending' }],
      events: [{ type: 'payment.authorized' }],
    });
  });

  test.each([
    ['declined', declined()],
    ['never sent, as a lookup says', seenByLookup(declined('not_completed'))],
  ])('no (%s): expired, as it was', (_, outcome) => {
    const change = told(sent, again, outcome);
    expect(change?.entries ?? []).toEqual([]);
    expect(change).toMatchObject({
      payment: { status: 'expired', reauthorizeAmount: null },
      events: [{ type: 'payment.expired' }],
      answers: [{ status: 402, code: 'payment_declined' }],
    });
  });

  test('unknown: in doubt, and what was asked for is kept', () => {
    const change = told(sent, again, unknown());
    expect(change?.payment?.status).toBeUndefined();
    expect(change?.payment).not.toHaveProperty('reauthorizeAmount');
    expect(change?.attempts?.update).toMatchObject([{ id: 'att_2', status: 'unknown' }]);
  });

  test('never left us: the next provider takes it, for the same amount', () => {
    const change = told(sent, again, notSent());
    expect(change?.payment).toEqual({ status: 'processing', nextAction: null });
  });
});

describe('news of what had expired', () => {
  const held = anAuthorizedAttempt({ ...again, status: 'authorized', expiresAt: now + day });
  const standing = asked({
    ...{ status: 'requires_capture', reauthorizeAmount: null, amountAuthorized: 6_000n },
    ...{ captureClosed: false, attempts: [over, held] },
  });
  const by = (kind: 'webhook' | 'settlement' | 'lookup'): ProviderOutcome => {
    const outcome = approved();
    return { ...outcome, evidence: { ...outcome.evidence, kind } };
  };

  test.each(['webhook', 'settlement'] as const)(
    'a %s that it was authorized is old news',
    (kind) => {
      expect(told(standing, over, by(kind))).toBeNull();
    },
  );

  test('a lookup that finds it standing: late, given back, and the new hold is left alone', () => {
    const change = told(standing, { ...over, dueAt: now }, by('lookup'));
    expect(change?.attempts?.update).toMatchObject([{ id: 'att_1', status: 'late' }]);
    expect(change?.operations?.insert).toMatchObject([
      { kind: 'void', late: true, attemptId: 'att_1' },
    ]);
    expect(change?.payment).toEqual({});
  });

  test('one that was voided and never authorized, found standing in a file, is news', () => {
    const voided = { ...again, status: 'voided' as const };
    const payment = expired({ reauthorizations: 1, attempts: [over, voided] });
    const outcome = { ...by('settlement'), amountMinor: 6_000n };
    expect(told(payment, voided, outcome)?.attempts?.update).toMatchObject([{ status: 'late' }]);
  });

  test('an increment of it that is taken back releases nothing of the new hold', () => {
    const increment = anOperation({ kind: 'increment', status: 'succeeded', amount: 500n });
    expect(shrinkHold(standing, over, increment)).toEqual([]);
    expect(shrinkHold(standing, held, increment)).toHaveLength(1);
  });
});
