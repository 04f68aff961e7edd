/** From what was captured to what may be paid out: in its time, once, debts first, and never more. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { takeOver } from '../../db/availability.ts';
import { wrongBalances } from '../../test/support/posting.ts';
import { openMerchantMoney, type MerchantMoney } from '../../test/support/merchant-money.ts';

let on: MerchantMoney;
beforeEach(async () => {
  on = await openMerchantMoney();
});
afterEach(async () => {
  try {
    expect(await wrongBalances(on.rows)).toEqual([]);
  } finally {
    await on.close();
  }
});

describe('what was captured', () => {
  test('is available once its provider has announced it, and not a day before', async () => {
    const [first, second] = [await on.earn(5_000n), await on.earn(700n)];
    expect(await on.run()).toBe(0);
    await on.announce(first);
    await on.days(400);
    expect([await on.run(), await on.run()]).toEqual([1, 0]);
    expect(await on.money()).toEqual({ available: 5_000, pending: 700 });
    await on.announce(second);
    await on.run();
    expect(await on.money()).toEqual({ available: 5_700 });
  });

  test('or after the days of the merchant, where it has some; each currency apart', async () => {
    await on.settle({ delay_days: 2 });
    await on.earn(5_000n);
    await on.earn(3_000n, 'JPY');
    await on.days(1.9);
    await on.earn(700n);
    expect(await on.run()).toBe(0);
    await on.days(0.2);
    expect(await on.run()).toBe(2);
    expect([await on.money(), await on.money('JPY')]).toEqual([
      { available: 5_000, pending: 700 },
      { available: 3_000 },
    ]);
  });

  test('is taken over once by ten at once', async () => {
    await on.settle({ delay_days: 0 });
    for (const amount of [100n, 200n, 300n]) await on.earn(amount);
    const runs = await Promise.all(Array.from({ length: 10 }, () => on.run()));
    expect(runs.reduce((sum, n) => sum + n, 0)).toBe(1);
    expect(await on.money()).toEqual({ available: 600 });
    expect(
      await on.rows.all(`select amount::int, number from availabilities order by number`),
    ).toEqual([{ amount: 600, number: 1 }]);
  });

  test('is not taken over at all by one that dies before its commit', async () => {
    await on.settle({ delay_days: 0 });
    await on.earn(100n);
    const dies = on.worker.transaction().execute(async (trx) => {
      await takeOver(trx, { merchantId: on.merchant, currency: 'USD' });
      throw new Error('killed');
    });
    await expect(dies).rejects.toThrow('killed');
    expect(await on.money()).toEqual({ pending: 100 });
    expect(await on.run()).toBe(1);
  });
});

describe('what is given back', () => {
  test('before it is available never becomes so', async () => {
    const sale = await on.earn(5_000n);
    await on.refund(sale, 1_000n);
    expect([await on.run(), await on.money()]).toEqual([0, { pending: 4_000 }]);
    await on.announce(sale);
    await on.run();
    expect(await on.money()).toEqual({ available: 4_000 });
  });

  test('after that is taken out of what is available; what that does not cover is owed', async () => {
    const [sale, other] = [await on.earn(5_000n), await on.earn(900n)];
    await on.announce(sale);
    await on.run();
    await on.refund(sale, 2_000n);
    await on.run();
    expect(await on.money()).toEqual({ available: 3_000, pending: 900 });
    await on.rows.all(
      `select post_facts(jsonb_build_array(jsonb_build_object('merchant_id', $1::text, 'key', 'p/x', 'event', 'merchant_payout_sent', 'state', 'posted',
        'postings', '[{"account":"2110","side":"debit","amount":"2500","currency":"USD"},{"account":"1010","side":"credit","amount":"2500","currency":"USD"}]'::jsonb)))`,
      [on.merchant],
    );
    await on.refund(sale, 1_500n);
    await on.run();
    expect(await on.money()).toEqual({ negative: 1_000, pending: 900, bank: -2_500 });
    // The next money that comes pays the debt first.
    await on.announce(other);
    await on.run();
    expect(await on.money()).toEqual({ negative: 100, bank: -2_500 });
    const third = await on.earn(300n);
    await on.announce(third);
    await on.run();
    expect(await on.money()).toEqual({ available: 200, bank: -2_500 });
  });
});

describe('the rolling reserve', () => {
  test('keeps its part of what becomes available, for its days, once', async () => {
    await on.settle({ delay_days: 0, reserve_basis_points: 1_000, reserve_days: 30 });
    await on.earn(1_005n);
    await on.run();
    expect(await on.money()).toEqual({ available: 904, reserved: 101 });
    await on.days(29.9);
    expect(await on.release()).toBe(0);
    await on.days(0.2);
    const released = await Promise.all([on.release(), on.release(), on.release()]);
    expect(released.sort()).toEqual([0, 0, 1]);
    expect(await on.money()).toEqual({ available: 1_005 });
  });

  test('pays the debts of its merchant when it is given free', async () => {
    await on.settle({ delay_days: 0, reserve_basis_points: 10_000, reserve_days: 1 });
    const sale = await on.earn(500n);
    await on.run();
    await on.refund(sale, 200n);
    await on.run();
    expect(await on.money()).toEqual({ reserved: 500, negative: 200 });
    await on.days(1.1);
    await on.release();
    expect(await on.money()).toEqual({ available: 300 });
  });
});
