/** What is held, and what was declined, against everybody who might let it go all the same. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { connectDb } from '../../db/client.ts';
import { asMerchant } from '../../db/payments.ts';
import { decideReview, reviewOf } from '../../db/reviews.ts';
import {
  requestAttempt,
  requestCancel,
  requestCapture,
  type Judgement,
} from '../../domain/commands.ts';
import type { PaymentState } from '../../domain/payment-state.ts';
import type { Provider, ProviderContract, ProviderOutcome } from '../../domain/provider.ts';
import { requestIncrement } from '../../domain/request-increment.ts';
import { differingPayments } from '../../test/support/books.ts';
import { openJudgingBench, type JudgingBench } from '../../test/support/judging.ts';
import { createJudge } from './judge.ts';
import { createActivities } from '../index.ts';

let bench: JudgingBench;
beforeAll(async () => {
  bench = await openJudgingBench();
  // The first reads of a connection may take longer than they are given.
  for (let n = 0; n < 3; n += 1) await bench.made();
});
afterEach(() => bench.wants({}));
afterAll(async () => {
  try {
    expect(await differingPayments(bench)).toEqual([]);
  } finally {
    await bench.close();
  }
});

const refused = (): Promise<ProviderOutcome> =>
  Promise.resolve({
    kind: 'declined',
    decline: { code: 'declined', advice: 'do_not_retry', providerCode: 'x' },
    evidence: { kind: 'provider_reply', provider: 'alder', detail: 'no' },
  });

async function held(changes = {}): Promise<PaymentState> {
  await bench.wants({ appetite: { review: 0 } });
  const payment = await bench.made(changes);
  expect([payment.status, payment.review?.verdict]).toEqual(['requires_capture', null]);
  return payment;
}

async function say(payment: PaymentState, verdict: 'approve' | 'decline'): Promise<void> {
  const by = { actor: 'staff:ada', reason: 'called' };
  const { decided } = await bench.db
    .transaction()
    .execute((trx) => decideReview(trx, payment.review?.id ?? '', verdict, by));
  expect(decided).toBe(true);
}

/** Until it rests, at a provider that refuses every void. */
async function settleRefusingVoids(id: string): Promise<PaymentState> {
  const activities = bench.process({ provider: () => ({ void: refused }) });
  for (let turn = 0; turn < 10; turn += 1) {
    const step = await activities.paymentLoad({ paymentId: id });
    if (step.kind === 'apply_timers') await activities.paymentApplyTimers({ paymentId: id });
    else if (step.kind === 'submit_operation') {
      await activities.operationExecute({ paymentId: id, operationId: step.operationId });
    } else break;
  }
  return bench.state(id);
}

const contractOf = (name: string): ProviderContract => {
  const provider = bench.deps.providers.get(name);
  if (provider === undefined) throw new Error(name);
  return { ...provider.contract, incrementalAuthorization: true };
};
const ask = { operationId: 'op_x', actor: 'x' };
const codeOf = (judgement: Judgement): string =>
  judgement.kind === 'refused' ? judgement.code : 'accepted';

describe('declined, and its provider does not let go of it', () => {
  test('nobody captures it', async () => {
    const payment = await held();
    await say(payment, 'decline');
    const stuck = await settleRefusingVoids(payment.id);
    expect([stuck.status, stuck.voidOpen, stuck.review]).toEqual(['requires_capture', false, null]);
    expect(codeOf(requestCapture(stuck, ask, contractOf))).toBe('payment_not_capturable');
    expect(codeOf(requestIncrement(stuck, { ...ask, amount: 1n }, contractOf))).toBe(
      'payment_not_incrementable',
    );
    await bench.ask(payment.id, (p) =>
      requestCancel(p, { ...ask, operationId: bench.deps.newId('op') }),
    );
    expect((await bench.settle(payment.id)).status).toBe('canceled');
  });

  test('nor when it was being canceled at that moment', async () => {
    const payment = await held();
    await bench.ask(payment.id, (p) =>
      requestCancel(p, { ...ask, operationId: bench.deps.newId('op') }),
    );
    await say(payment, 'decline');
    const stuck = await settleRefusingVoids(payment.id);
    expect([stuck.status, stuck.voidOpen]).toEqual(['requires_capture', false]);
    expect(codeOf(requestCapture(stuck, ask, contractOf))).toBe('payment_not_capturable');
  });
});

test('what somebody looks at is not raised meanwhile', async () => {
  const payment = await held({ captureMethod: 'manual' });
  expect(codeOf(requestIncrement(payment, { ...ask, amount: 900n }, contractOf))).toBe(
    'payment_in_review',
  );
});

test('a try that found no provider leaves its number to the next', async () => {
  const id = await bench.accept('tok_visa');
  const nobody = createActivities({
    ...bench.deps,
    providers: new Map(),
    risk: createJudge(bench.judge),
  });
  await nobody.authorize({ paymentId: id });
  expect((await bench.state(id)).status).toBe('requires_payment_method');
  await bench.wants({ appetite: { review: 0 } });
  await bench.ask(id, (p) =>
    requestAttempt(p, { actor: 'x', method: { type: 'card', token: 'tok_visa' } }),
  );
  await bench.judging().authorize({ paymentId: id });
  const payment = await bench.settle(id);
  expect(payment.attempts).toMatchObject([{ number: 1, held: true }]);
  expect(await bench.decided(id)).toMatchObject({ attempt_number: 1, outcome: 'review' });
  expect((await reviewOf(bench.db, id))?.reasons[0]).toMatchObject({
    kind: 'score',
    action: 'review',
  });
});

test('a review ends before its authorization does', async () => {
  await bench.wants({
    appetite: { review: 0 },
    review: { within_hours: 120, on_deadline: 'approve' },
  });
  const birch = bench.deps.providers.get('birch');
  if (birch === undefined) throw new Error('no birch');
  const id = await bench.accept('tok_visa');
  const providers = new Map([['birch', birch]]);
  await createActivities({ ...bench.deps, providers, risk: createJudge(bench.judge) }).authorize({
    paymentId: id,
  });
  const payment = await bench.state(id);
  const expiresAt = payment.attempts[0]?.expiresAt ?? 0;
  expect(payment.review?.dueAt).toBeLessThan(expiresAt - 1_800_000);
  expect((await bench.settleForDays(id, 6)).status).toBe('captured');
});

test('the API takes nothing out of a review', async () => {
  const payment = await held();
  const onError = (): void => undefined;
  const api = connectDb({ url: bench.apiUrl, applicationName: 'test', poolSize: 1, onError });
  const as = (statement: string): Promise<string> =>
    asMerchant(api, bench.merchantId, (trx) => sql.raw(statement).execute(trx)).then(
      () => 'done',
      (error: unknown) => (error as { code: string }).code,
    );
  try {
    expect(await as(`update payments set review_due_at = null where id = '${payment.id}'`)).toBe(
      '42501',
    );
    const attempt = payment.attempts[0]?.id ?? '';
    expect(
      await as(`insert into operations (id, payment_id, merchant_id, attempt_id, number, kind, cause, status, amount, currency, final, basis, requested_by)
        values ('${bench.deps.newId('op')}', '${payment.id}', '${bench.merchantId}', '${attempt}', 1, 'capture', 'request', 'requested', 100, 'USD', true, '{"kind": "request"}', 'x')`),
    ).toBe('42501');
  } finally {
    await api.destroy();
  }
  await say(payment, 'approve');
  await bench.settle(payment.id);
});

test('whatever the rules are made of, a payment is judged', async () => {
  const id = await bench.accept('tok_visa');
  const rules = [{ id: 'r', priority: 1, action: 'block', note: '', when: null }];
  const policy = { settings: {}, sets: [{ scope: 'global', version: 2, rules }] };
  const policies = { of: () => Promise.resolve(policy), lastKnown: () => policy };
  const judge = createJudge({ ...bench.judge, policies: policies as never });
  expect(await judge.judge(await bench.state(id))).toMatchObject({ mode: 'challenge' });
  await bench.settle(id);
});

test('a challenge that none of those can put who can take the payment becomes a review', async () => {
  await bench.wants({ appetite: { challenge: 0 } });
  const [alder, birch] = ['alder', 'birch'].map((name) => bench.deps.providers.get(name));
  if (alder === undefined || birch === undefined) throw new Error('no providers');
  const providers = new Map<string, Provider>([
    ['alder', { ...alder, contract: { ...alder.contract, currencies: ['EUR'] } }],
    ['birch', { ...birch, contract: { ...birch.contract, challenges: false } }],
  ]);
  const id = await bench.accept('tok_visa');
  const risk = createJudge(bench.judge);
  await createActivities({ ...bench.deps, providers, risk }).authorize({ paymentId: id });
  const payment = await bench.state(id);
  expect([payment.status, payment.review?.verdict]).toEqual(['requires_capture', null]);
});

test.each([
  ['review', 'requires_capture'],
  ['challenge', 'requires_action'],
] as const)(
  'what was to be a %s is so at the next provider, who is judged blind',
  async (action, status) => {
    await bench.wants({ appetite: { [action]: 0 } });
    const [alder, birch] = ['alder', 'birch'].map((name) => bench.deps.providers.get(name));
    if (alder === undefined || birch === undefined) throw new Error('no providers');
    const evidence = { kind: 'provider_reply', provider: 'alder', detail: 'away' } as const;
    const away = {
      ...alder,
      authorize: () => Promise.resolve({ kind: 'not_sent', evidence } as const),
    };
    const providers = new Map<string, Provider>([
      ['alder', away],
      ['birch', birch],
    ]);
    const id = await bench.accept('tok_visa');
    const first = createActivities({ ...bench.deps, providers, risk: createJudge(bench.judge) });
    await first.authorize({ paymentId: id });
    expect((await bench.state(id)).attempts).toMatchObject([{ status: 'not_sent' }]);
    const read = (): Promise<never> => new Promise(() => undefined);
    const blind = createJudge({ ...bench.judge, read });
    const step = await createActivities({ ...bench.deps, providers, risk: blind }).authorize({
      paymentId: id,
    });
    expect(step.kind).toBe('rest');
    expect((await bench.state(id)).status).toBe(status);
    const decision = await bench.decided(id);
    expect([decision?.outcome, decision?.reasons[0]]).toEqual([
      action,
      { kind: 'earlier_try', action },
    ]);
  },
);
