/** Commit 1 under repeats: a key is permanent, a reference is unique where the merchant wants it so. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { approved, declined } from '../test/support/payments.ts';
import {
  aClaim,
  aNewPayment,
  countOf,
  openPaymentDatabase,
  verdictOf,
  type PaymentDatabase,
} from '../test/support/payment-database.ts';
import { claimKey, freezeRefusal, readKey } from './idempotency-keys.ts';
import { acceptPayment, asMerchant, type Accepted } from './payments.ts';

let on: PaymentDatabase;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

const count = async (table: string, where: string, value: string): Promise<number> => {
  const statement = `select count(*)::int as n from ${table} where ${where} = $1`;
  return (await on.rows.one<{ n: number }>(statement, [value])).n;
};
const paymentOf = (accepted: Accepted): string | undefined => {
  if (accepted.outcome === 'key_held') return accepted.held.payment_id;
  return 'snapshot' in accepted ? accepted.snapshot.payment.id : undefined;
};

describe('one key', () => {
  test('used 50 times at once is one payment, and everybody is told of that one', async () => {
    const merchantId = await on.newMerchant();
    const claim = aClaim(merchantId);
    const results = await Promise.all(
      Array.from({ length: 50 }, () => acceptPayment(on.api, claim, aNewPayment(merchantId))),
    );
    expect(countOf(results.map(({ outcome }) => outcome))).toEqual({ created: 1, key_held: 49 });
    expect(new Set(results.map(paymentOf)).size).toBe(1);
    expect(await count('payments', 'merchant_id', merchantId)).toBe(1);
    expect(await count('outbox', 'merchant_id', merchantId)).toBe(1);
  });

  test('whose first use is undone is free again', async () => {
    const merchantId = await on.newMerchant();
    const claim = aClaim(merchantId);
    await on.api
      .transaction()
      .execute(async (trx) => {
        await acceptPayment(trx, claim, aNewPayment(merchantId));
        throw new Error('undone');
      })
      .catch(() => undefined);
    expect((await acceptPayment(on.api, claim, aNewPayment(merchantId))).outcome).toBe('created');
  });

  test('means another thing to another merchant, and to another person', async () => {
    const [merchantId, other] = [await on.newMerchant(), await on.newMerchant()];
    const claim = aClaim(merchantId);
    const claims = [claim, { ...claim, person: 'staff:1' }, { ...claim, merchant_id: other }];
    for (const each of claims) {
      const accepted = await acceptPayment(on.api, each, aNewPayment(each.merchant_id));
      expect(accepted.outcome).toBe('created');
    }
  });

  test('that is held tells its fingerprint, so that another content shows', async () => {
    const merchantId = await on.newMerchant();
    const claim = aClaim(merchantId);
    await acceptPayment(on.api, claim, aNewPayment(merchantId));
    const reused = { ...claim, fingerprint: 'bb'.repeat(32) };
    const accepted = await acceptPayment(on.api, reused, aNewPayment(merchantId, { amount: 1n }));
    expect(accepted).toMatchObject({
      outcome: 'key_held',
      held: { fingerprint: claim.fingerprint },
    });
  });
});

describe('one reference', () => {
  test('of a merchant who wants it unique, 20 times at once, is one payment', async () => {
    const merchantId = await on.newMerchant({ uniqueReference: true });
    const results = await Promise.all(
      Array.from({ length: 20 }, () =>
        acceptPayment(
          on.api,
          aClaim(merchantId),
          aNewPayment(merchantId, { merchantReference: 'o-1' }),
        ),
      ),
    );
    expect(countOf(results.map(({ outcome }) => outcome))).toEqual({
      created: 1,
      duplicate_reference: 19,
    });
    expect(new Set(results.map(paymentOf)).size).toBe(1);
  });

  test('refused as duplicate is refused for ever under its key', async () => {
    const merchantId = await on.newMerchant({ uniqueReference: true });
    const values = { merchantReference: 'o-2' };
    await on.accept({ merchantId, ...values });
    const claim = aClaim(merchantId);
    await acceptPayment(on.api, claim, aNewPayment(merchantId, values));
    const held = { answer_status: 409, answer_code: 'duplicate_reference' };
    expect(await acceptPayment(on.api, claim, aNewPayment(merchantId, values))).toMatchObject({
      outcome: 'key_held',
      held,
    });
  });

  test.each([
    ['captured', 'duplicate_reference'],
    ['declined and open for another attempt', 'duplicate_reference'],
    ['canceled', 'created'],
  ])('of a payment that is %s: %s', async (what, expected) => {
    const merchantId = await on.newMerchant({ uniqueReference: true });
    const values = { merchantReference: 'o-3' };
    if (what === 'captured') await on.captured({ merchantId, ...values });
    else if (what === 'canceled') {
      const payment = await on.tried({ merchantId, ...values });
      await on.operate(payment, { kind: 'void', cause: 'cancel' }, approved());
    } else await on.tried({ merchantId, ...values }, declined());
    const again = await acceptPayment(on.api, aClaim(merchantId), aNewPayment(merchantId, values));
    expect(again.outcome).toBe(expected);
  });

  test.each([{ uniqueReference: false, merchantReference: 'o-4' }, { uniqueReference: true }])(
    'may be used again where it need not be unique: %j',
    async ({ uniqueReference, ...values }) => {
      const merchantId = await on.newMerchant({ uniqueReference });
      await on.accept({ merchantId, ...values });
      expect((await on.accept({ merchantId, ...values })).status).toBe('processing');
    },
  );
});

describe('an answer', () => {
  test('is frozen in the commit that makes it clear, with the payment of that moment', async () => {
    const merchantId = await on.newMerchant();
    const claim = aClaim(merchantId);
    await acceptPayment(on.api, claim, aNewPayment(merchantId, { id: 'pay_frozen' }));
    expect(await readKey(on.api, claim)).toMatchObject({ answer_status: null });
    const fresh = await on.state('pay_frozen');
    await on.commit(fresh, {
      payment: { status: 'blocked' },
      timeline: [],
      answers: [{ awaitsId: 'pay_frozen', status: 402, code: 'payment_declined' }],
    });
    expect(await readKey(on.api, claim)).toMatchObject({
      answer_status: 402,
      answer_code: 'payment_declined',
      answer: { payment: { status: 'blocked' } },
    });
  });

  test('that is frozen is never replaced, by nobody', async () => {
    const payment = await on.captured();
    const { key } = await on.rows.one<{ key: string }>(
      'select key from idempotency_keys where payment_id = $1',
      [payment.id],
    );
    const claim = aClaim(payment.merchantId, { key });
    const first = await readKey(on.api, claim);
    expect(first).toMatchObject({ answer_status: 201 });
    await on.commit(payment, {
      timeline: [],
      answers: [{ awaitsId: payment.id, status: 402, code: 'payment_declined' }],
    });
    expect(await readKey(on.api, claim)).toEqual(first);
    const rewrite = 'update idempotency_keys set answer_status = 402 where key = $1';
    await expect(on.rows.all(rewrite, [key])).rejects.toMatchObject({
      constraint: 'idempotency_keys_frozen',
    });
  });

  test.each(['fingerprint', 'key', 'merchant_id', 'person'])(
    'cannot be made another’s by rewriting %s',
    async (column) => {
      const payment = await on.accept();
      const value = column === 'fingerprint' ? `'\\x00'` : `'other'`;
      const rewrite = `update idempotency_keys set ${column} = ${value} where payment_id = $1`;
      expect(await verdictOf(on.rows.all(rewrite, [payment.id]))).toBe('idempotency_keys_frozen');
    },
  );

  test('of a refusal is frozen for its own key alone', async () => {
    const merchantId = await on.newMerchant();
    const claim = aClaim(merchantId);
    await acceptPayment(on.api, claim, aNewPayment(merchantId, { id: 'pay_refusal' }));
    const other = aClaim(merchantId, { path: '/v1/payments/pay_refusal/attempts' });
    await asMerchant(on.api, merchantId, async (trx) => {
      const resource = {
        kind: 'payment' as const,
        paymentId: 'pay_refusal',
        awaitsId: 'pay_refusal',
      };
      expect(await claimKey(trx, other, resource)).toBeNull();
      await freezeRefusal(trx, other, 'payment_not_retryable', 'no', {});
    });
    expect(await readKey(on.api, other)).toMatchObject({ answer_status: 409 });
    expect(await readKey(on.api, claim)).toMatchObject({ answer_status: null });
  });
});

describe('a new payment', () => {
  test.each([
    [{ amount: 0n }, 'payments_nothing_is_for_saving'],
    [{ amount: 0n, options: { save: true } }, 'accepted'],
    [{ amount: -1n }, 'payments_amount_safe'],
    [{ amount: 9_007_199_254_740_992n }, 'payments_amount_safe'],
    [{ amount: 9_007_199_254_740_991n }, 'accepted'],
    [{ currency: 'usd' }, 'payments_currency'],
    [{ captureMethod: 'later' as 'manual' }, 'payments_capture_method'],
  ])('with %j: %s', async (values, expected) => {
    const merchantId = await on.newMerchant();
    const payment = aNewPayment(merchantId, values);
    expect(await verdictOf(acceptPayment(on.api, aClaim(merchantId), payment))).toBe(expected);
  });

  test('of another merchant’s customer is not accepted, and its key stays free', async () => {
    const [merchantId, other] = [await on.newMerchant(), await on.newMerchant()];
    const { id: customerId } = await on.rows.one<{ id: string }>(
      'insert into customers (merchant_id) values ($1) returning id',
      [other],
    );
    const claim = aClaim(merchantId);
    const strange = aNewPayment(merchantId, { customerId });
    expect((await acceptPayment(on.api, claim, strange)).outcome).toBe('unknown_customer');
    expect((await acceptPayment(on.api, claim, aNewPayment(merchantId))).outcome).toBe('created');
  });

  test('knows when it may still be sent and when it ends, on the clock of the database', async () => {
    const payment = await on.accept({ submitWithinMs: 1_000, lifetimeMs: 5_000 });
    const elapsed = (instant: number | null): number =>
      Math.round(((instant ?? 0) - payment.now) / 100);
    expect([elapsed(payment.submitBy), elapsed(payment.expiresAt)]).toEqual([10, 50]);
  });
});
