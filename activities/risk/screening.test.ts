/** What the judgement of its risk does to a payment: challenged, held, stopped, or made as before. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { decideReview, reviewOf } from '../../db/reviews.ts';
import { requestCancel, requestCapture } from '../../domain/commands.ts';
import type { PaymentState } from '../../domain/payment-state.ts';
import type { RiskSettings } from '../../domain/risk/settings.ts';
import { booksOf, differingPayments } from '../../test/support/books.ts';
import { openJudgingBench, type JudgingBench } from '../../test/support/judging.ts';

let bench: JudgingBench;
beforeAll(async () => {
  bench = await openJudgingBench();
});
afterEach(() => bench.wants({}));
afterAll(async () => {
  try {
    expect(await differingPayments(bench)).toEqual([]);
  } finally {
    await bench.close();
  }
});

const hour = 3_600;

test('what nothing is said about is made as before, and what it was judged by is kept', async () => {
  const payment = await bench.made();
  expect([payment.status, await booksOf(bench, payment.id)]).toEqual(['captured', ['authorize', 'capture']]); // prettier-ignore
  const kept = await bench.decided(payment.id);
  expect(kept).toMatchObject({
    ...{ outcome: 'allow', score_action: 'allow', mode: 'scored', fail_reason: null },
    ...{ attempt_number: 1, model_version: bench.judge.model.version, merchant_rules_version: 1 },
    shadows: [{ version: bench.judge.model.version, score: kept?.score, action: 'allow' }],
  });
  expect(kept?.score).toBeGreaterThan(0);
  expect(kept?.facts).toMatchObject({ amount: 100, currency: 'USD', method: 'card', bin: null });
});

test('what a second execution judges does not stand beside the first', async () => {
  const id = await bench.accept('tok_visa');
  const activities = bench.judging();
  await Promise.all(Array.from({ length: 8 }, () => activities.authorize({ paymentId: id })));
  await bench.settle(id);
  const { n } = await bench.rows.one<{ n: number }>('select count(*)::int as n from risk_decisions where payment_id = $1', [id]); // prettier-ignore
  expect([n, await booksOf(bench, id)]).toEqual([1, ['authorize', 'capture']]);
});

describe('challenged', () => {
  test('the shopper passes 3-D Secure, whatever the issuer wants', async () => {
    await bench.wants({ appetite: { challenge: 0 } });
    const payment = await bench.made();
    expect(payment.status).toBe('requires_action');
    expect(payment.attempts).toMatchObject([{ challenged: true, kind: 'sale' }]);
    expect((await bench.decided(payment.id))?.reasons[0]).toMatchObject({ kind: 'score', action: 'challenge' }); // prettier-ignore
  });

  test('nobody is there to pass it: a person looks instead', async () => {
    await bench.wants({ appetite: { challenge: 0 } });
    const payment = await bench.made({ options: { off_session: true } });
    expect([payment.status, payment.review?.verdict]).toEqual(['requires_capture', null]);
    const kept = await bench.decided(payment.id);
    expect(kept?.outcome).toBe('review');
    expect(kept?.reasons[0]).toEqual({ kind: 'not_possible', action: 'challenge', because: 'off_session' }); // prettier-ignore
  });
});

describe('held for a review', () => {
  const held = async (review: RiskSettings['review'] = {}, changes = {}): Promise<PaymentState> => {
    await bench.wants({ appetite: { review: 0 }, review });
    const payment = await bench.made(changes);
    expect([payment.status, await booksOf(bench, payment.id)]).toEqual(['requires_capture', ['authorize']]); // prettier-ignore
    return payment;
  };
  const say = async (payment: PaymentState, verdict: 'approve' | 'decline'): Promise<void> => {
    const by = { actor: 'staff:ada', reason: 'called' };
    const { decided: isDecided } = await bench.db
      .transaction()
      .execute((trx) => decideReview(trx, payment.review?.id ?? '', verdict, by));
    expect(isDecided).toBe(true);
  };

  test('it takes no capture meanwhile, and stays so however often it is looked at', async () => {
    const payment = await held();
    expect(requestCapture(payment, { operationId: 'op', actor: 'x' }, () => { throw new Error(); })).toMatchObject({ code: 'payment_in_review' }); // prettier-ignore
    expect((await bench.settle(payment.id)).version).toBe(payment.version);
    const { due } = await bench.rows.one<{ due: number }>(
      'select round(extract(epoch from wake_at - tender_now()) / 3600)::int as due from payments where id = $1',
      [payment.id],
    );
    expect(due).toBe(24);
  });

  test('approved, it is captured, once', async () => {
    const payment = await held();
    await say(payment, 'approve');
    const activities = bench.judging();
    await Promise.all(
      [1, 2, 3].map(() => activities.paymentApplyTimers({ paymentId: payment.id })),
    );
    const done = await bench.settle(payment.id);
    expect([done.status, done.review, await booksOf(bench, payment.id)]).toEqual(['captured', null, ['authorize', 'capture']]); // prettier-ignore
    expect(done.operations).toHaveLength(1);
  });

  test('approved, what its merchant captures itself waits for the merchant', async () => {
    const payment = await held({}, { captureMethod: 'manual' });
    await say(payment, 'approve');
    const done = await bench.settle(payment.id);
    expect([done.status, done.review, done.operations]).toEqual(['requires_capture', null, []]);
    await bench.ask(done.id, (p) =>
      requestCapture(p, { operationId: bench.deps.newId('op'), actor: 'x' }, (name) => {
        const provider = bench.deps.providers.get(name);
        if (provider === undefined) throw new Error(name);
        return provider.contract;
      }),
    );
    expect((await bench.settle(done.id)).status).toBe('captured');
  });

  test('declined, it is given back', async () => {
    const payment = await held();
    await say(payment, 'decline');
    const done = await bench.settle(payment.id);
    expect([done.status, await booksOf(bench, payment.id)]).toEqual(['canceled', ['authorize', 'void']]); // prettier-ignore
  });

  test.each([
    ['approve', 'captured'],
    ['decline', 'canceled'],
  ] as const)('nobody says anything in time: %s', async (onDeadline, status) => {
    const payment = await held({ within_hours: 2, on_deadline: onDeadline });
    await bench.advance(2 * hour + 1);
    expect((await bench.settle(payment.id)).status).toBe(status);
    const review = await reviewOf(bench.db, payment.id);
    expect(review).toMatchObject({ status: 'lapsed', decided_by: 'tender' });
  });

  test('its merchant cancels it: the review is over, and nobody decides it', async () => {
    const payment = await held();
    await bench.ask(payment.id, (p) =>
      requestCancel(p, { operationId: bench.deps.newId('op'), actor: 'x' }),
    );
    const done = await bench.settle(payment.id);
    expect([done.status, done.review]).toEqual(['canceled', null]);
    expect((await reviewOf(bench.db, payment.id))?.status).toBe('lapsed');
  });

  test('what cannot be held is not made', async () => {
    await bench.wants({ appetite: { review: 0 } });
    const payment = await bench.made({
      currency: 'EUR',
      paymentMethod: { type: 'bank_debit', token: 'ba_debit' },
    });
    expect([payment.status, payment.attempts]).toEqual(['blocked', []]);
    const kept = await bench.decided(payment.id);
    expect(kept?.reasons[0]).toEqual({ kind: 'not_possible', action: 'review', because: 'method' });
  });
});

describe('blocked', () => {
  test('by the score: no provider hears of it', async () => {
    await bench.wants({ appetite: { block: 0 } });
    const payment = await bench.made();
    expect([payment.status, payment.attempts, await booksOf(bench, payment.id)]).toEqual(['blocked', [], []]); // prettier-ignore
    expect((await bench.decided(payment.id))?.attempt_number).toBe(1);
    const { kind } = await bench.rows.one<{ kind: number }>('select kind from risk_events where payment_id = $1 and kind = 3', [payment.id]); // prettier-ignore
    expect(kind).toBe(3);
  });

  test('by a list of its merchant, until its time is over', async () => {
    const token = 'tok_mastercard';
    const id = await bench.accept(token);
    await bench.rows.all(
      `select add_risk_list_entry(jsonb_build_object('merchant_id', p.merchant_id, 'list', 'block', 'entity', 'card',
         'value', risk_entity_of_payment(p.id, 'card'), 'reason', 'stolen', 'added_by', 'x', 'expires_at', tender_now() + interval '1 hour'))
       from payments p where id = $1`,
      [id],
    );
    await bench.judging().authorize({ paymentId: id });
    expect((await bench.settle(id)).status).toBe('blocked');
    expect((await bench.decided(id))?.reasons[0]).toMatchObject({ kind: 'list', action: 'block', note: 'stolen' }); // prettier-ignore
    await bench.advance(hour + 1);
    const other = await bench.accept(token);
    await bench.judging().authorize({ paymentId: other });
    expect((await bench.settle(other)).status).toBe('captured');
  });
});
