/** The chart is data of `domain/`; the database's copy must be the same. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { accounts } from '../domain/accounts.ts';
import { openPaymentDatabase, type PaymentDatabase } from '../test/support/payment-database.ts';

let on: PaymentDatabase;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

test('the accounts of the database are those of the chart', async () => {
  const rows = await on.rows.all(
    'select code, name, type, normal_side, must_drain from accounts order by code',
  );
  expect(rows).toEqual(
    accounts.map((a) => ({
      code: a.code,
      name: a.name,
      type: a.type,
      normal_side: a.normalSide,
      must_drain: a.mustDrain,
    })),
  );
});
