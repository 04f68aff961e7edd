/** A key stands for one request, for ever; a reference, where the merchant wants it, for one payment. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { newId } from '../runtime/ids.ts';
import { unknown } from '../test/support/payments.ts';
import {
  aClaim,
  aNewPayment,
  countOf,
  openPaymentDatabase,
  sqlAs,
  verdictOf,
  type PaymentDatabase,
} from '../test/support/payment-database.ts';
import { together } from '../test/support/stored-payment.ts';
import { claimKey, freezeRefusal, readKey, type KeyClaim } from './idempotency-keys.ts';
import { acceptPayment, asMerchant, type Accepted, type NewPayment } from './payments.ts';

let on: PaymentDatabase;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

async function atOnce<T>(count: number, run: (i: number) => Promise<T>): Promise<T[]> {
  // Every connection of the pool is open before the race.
  await together(on.api, 20, () => Promise.resolve());
  return Promise.all(Array.from({ length: count }, (_, i) => run(i)));
}

function accept(claim: KeyClaim, values: Partial<NewPayment> = {}): Promise<Accepted> {
  return acceptPayment(on.api, claim, aNewPayment(claim.merchant_id, values));
}

const outcomes = (answers: readonly Accepted[]): Readonly<Record<string, number>> =>
  countOf(answers.map(({ outcome }) => outcome));

/** The payment that an answer tells of, whichever answer it is. */
function paymentOf(answer: Accepted): string {
  if (answer.outcome === 'key_held') return answer.held.payment_id;
  if (!('snapshot' in answer)) return answer.outcome;
  return answer.snapshot.payment.id;
}

async function countOfMerchant(table: string, merchantId: string): Promise<number> {
  const { count } = await on.rows.one<{ count: number }>(
    `select count(*)::int as count from ${table} where merchant_id = $1`,
    [merchantId],
  );
  return count;
}

describe('one key, one payment', () => {
  test('of 50 requests at once with one key one creates the payment, and 49 are told of it', async () => {
    const claim = aClaim(await on.newMerchant());
    const answers = await atOnce(50, () => accept(claim));
    expect(outcomes(answers)).toEqual({ created: 1, key_held: 49 });
    expect(new Set(answers.map(paymentOf)).size).toBe(1);
    for (const table of ['payments', 'idempotency_keys', 'timeline', 'outbox']) {
      expect(await countOfMerchant(table, claim.merchant_id)).toBe(1);
    }
  });

  test('the same key of another merchant, or of another person, is another key', async () => {
    const first = aClaim(await on.newMerchant());
    const claims = [
      first,
      { ...first, merchant_id: await on.newMerchant() },
      { ...first, person: 'staff_1' },
    ];
    const answers = await Promise.all(claims.map((claim) => accept(claim)));
    expect(outcomes(answers)).toEqual({ created: 3 });
    const held = await Promise.all(claims.map((claim) => readKey(on.api, claim)));
    expect(held.map((key) => key?.payment_id)).toEqual(answers.map(paymentOf));
  });

  test('the holder is told with its own fingerprint, so that another body is recognised', async () => {
    const claim = aClaim(await on.newMerchant());
    await accept(claim);
    const other = await accept({ ...claim, fingerprint: 'bb'.repeat(32) });
    expect(other).toMatchObject({
      outcome: 'key_held',
      held: { fingerprint: claim.fingerprint, answer_status: null },
    });
  });

  test('a claim that is rolled back leaves the key unused, and whoever waited for it has it', async () => {
    const claim = aClaim(await on.newMerchant());
    const resource = { kind: 'operation', paymentId: 'pay_1', awaitsId: 'op_1' } as const;
    const verdicts = await atOnce(16, (i) =>
      verdictOf(
        asMerchant(on.api, claim.merchant_id, async (trx) => {
          const held = await claimKey(trx, claim, resource);
          if (held !== null) throw Object.assign(new Error('held'), { code: 'held' });
          if (i < 15) throw Object.assign(new Error('crash'), { code: 'crash' });
        }),
      ),
    );
    expect(verdicts[15]).toBe('accepted');
    expect((await readKey(on.api, claim))?.awaits_id).toBe('op_1');
  });

  test('a payment in doubt is told at once to whoever asks again with its key', async () => {
    const payment = await on.tried({}, unknown());
    const { key } = await on.rows.one<{ key: string }>(
      'select key from idempotency_keys where payment_id = $1',
      [payment.id],
    );
    const held = await readKey(on.api, { merchant_id: payment.merchantId, person: '', key });
    expect(held).toMatchObject({ answer_status: null, in_doubt: { payment: { id: payment.id } } });
  });
});

describe('one reference, one payment, for a merchant who wants it', () => {
  async function referenced(uniqueReference = true): Promise<Partial<NewPayment>> {
    return { merchantId: await on.newMerchant({ uniqueReference }), merchantReference: 'order-1' };
  }

  test('of 16 keys at once for one reference one creates the payment, and 15 are refused for good', async () => {
    const values = await referenced();
    const claims = Array.from({ length: 16 }, () => aClaim(values.merchantId ?? ''));
    const answers = await atOnce(16, (i) => accept(claims[i] ?? aClaim(''), values));
    expect(outcomes(answers)).toEqual({ created: 1, duplicate_reference: 15 });
    expect(new Set(answers.map(paymentOf)).size).toBe(1);
    const keys = await Promise.all(claims.map((claim) => readKey(on.api, claim)));
    const codes = keys.map((key) => `${key?.answer_status ?? ''} ${key?.answer_code ?? ''}`);
    expect(countOf(codes)).toEqual({ ' ': 1, '409 duplicate_reference': 15 });
  });

  test('without the setting a reference may be used again', async () => {
    const values = await referenced(false);
    const answers = await atOnce(16, () => accept(aClaim(values.merchantId ?? ''), values));
    expect(outcomes(answers)).toEqual({ created: 16 });
  });

  test('other references and other merchants are not in the way', async () => {
    const values = await referenced();
    const claim = aClaim(values.merchantId ?? '');
    await accept(claim, values);
    const other = await accept({ ...claim, key: 'b' }, { merchantReference: 'order-2' });
    const rival = aClaim(await on.newMerchant({ uniqueReference: true }));
    expect(outcomes([other, await accept(rival, { merchantReference: 'order-1' })])).toEqual({
      created: 2,
    });
  });

  test.each(['canceled', 'failed', 'expired', 'blocked'] as const)(
    'the reference of a %s payment is free again, and a refusal given before stays',
    async (status) => {
      const values = await referenced();
      const payment = await on.accept(values);
      const loser = aClaim(payment.merchantId);
      expect((await accept(loser, values)).outcome).toBe('duplicate_reference');
      await on.commit(payment, { payment: { status }, timeline: [] });
      expect((await accept(loser, values)).outcome).toBe('key_held');
      const answers = await atOnce(8, () => accept(aClaim(payment.merchantId), values));
      expect(outcomes(answers)).toEqual({ created: 1, duplicate_reference: 7 });
    },
  );

  test('the reference of a captured payment is taken', async () => {
    const values = await referenced();
    const payment = await on.captured(values);
    const again = await accept(aClaim(payment.merchantId), values);
    expect([again.outcome, paymentOf(again)]).toEqual(['duplicate_reference', payment.id]);
  });
});

describe('a frozen answer', () => {
  async function freeze(awaits: string | undefined, status: number, answer: object): Promise<void> {
    const snapshot = JSON.stringify(answer);
    await on.rows.all('select freeze_answers($1, $2, null, null, $3)', [awaits, status, snapshot]);
  }

  async function frozen(): Promise<KeyClaim> {
    const claim = aClaim(await on.newMerchant());
    const created = await accept(claim);
    await freeze(paymentOf(created), 402, { is: 1, payment: { merchant_id: claim.merchant_id } });
    return claim;
  }

  test.each([
    `answer_status = null`,
    `answer_status = 201`,
    `answer_code = 'other'`,
    `answer = '{}'`,
    `awaits_id = 'op_other'`,
    `payment_id = 'pay_other'`,
  ])('is not changed by anybody: %s', async (assignment) => {
    const claim = await frozen();
    const before = await readKey(on.api, claim);
    for (const role of ['tender_api', 'tender_worker'] as const) {
      const change = sql`update idempotency_keys set ${sql.raw(assignment)} where key = ${claim.key}`;
      await expect(sqlAs(on, role, claim.merchant_id, change)).rejects.toMatchObject({
        code: 'TD010',
      });
    }
    expect(await readKey(on.api, claim)).toEqual(before);
  });

  test('is not replaced when its payment becomes clear once more, nor by a refusal', async () => {
    const claim = await frozen();
    const before = await readKey(on.api, claim);
    await freeze(before?.payment_id, 201, { payment: { merchant_id: claim.merchant_id } });
    const refusal = asMerchant(on.api, claim.merchant_id, (trx) =>
      freezeRefusal(trx, claim, 'cancel_pending', '', {}),
    );
    expect(await verdictOf(refusal)).toBe('idempotency_keys_frozen');
    expect(before).toMatchObject({ answer_status: 402, answer: { is: 1 } });
    expect(await readKey(on.api, claim)).toEqual(before);
  });

  test('is not deleted, and neither is a key without one', async () => {
    const claim = await frozen();
    for (const role of ['tender_api', 'tender_worker'] as const) {
      const removal = sql`delete from idempotency_keys where key = ${claim.key}`;
      expect(await verdictOf(sqlAs(on, role, claim.merchant_id, removal))).toBe('42501');
    }
  });

  test.each([`key = 'other'`, `person = 'other'`, `fingerprint = '\\x00'`])(
    'given or not, what a key stands for is fixed: %s',
    async (assignment) => {
      const claim = aClaim(await on.newMerchant());
      await accept(claim);
      const change = sql`update idempotency_keys set ${sql.raw(assignment)} where key = ${claim.key}`;
      expect(await verdictOf(sqlAs(on, 'tender_api', claim.merchant_id, change))).toBe(
        'idempotency_keys_frozen',
      );
    },
  );
});

describe('a customer', () => {
  test('who does not exist leaves the key unused', async () => {
    const claim = aClaim(await on.newMerchant());
    expect(await accept(claim, { customerId: newId('cus') })).toEqual({
      outcome: 'unknown_customer',
    });
    expect(await readKey(on.api, claim)).toBeNull();
    expect(await countOfMerchant('payments', claim.merchant_id)).toBe(0);
    expect((await accept(claim)).outcome).toBe('created');
  });

  test("of another merchant is as unknown as none, and the owner's is taken", async () => {
    const owner = aClaim(await on.newMerchant());
    const first = await accept(owner, { customer: { email: 'a@example.com' } });
    const customerId = first.outcome === 'created' ? first.snapshot.customer?.id : undefined;
    expect(customerId).toMatch(/^cus_/);
    const rival = aClaim(await on.newMerchant());
    expect((await accept(rival, { customerId })).outcome).toBe('unknown_customer');
    expect(await readKey(on.api, rival)).toBeNull();
    expect((await accept(rival)).outcome).toBe('created');
    const again = await accept({ ...owner, key: 'again' }, { customerId });
    expect(again).toMatchObject({ outcome: 'created', snapshot: { customer: { id: customerId } } });
  });
});
