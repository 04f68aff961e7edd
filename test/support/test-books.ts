/** For a file of tests on `post_entries`: one database, fresh books for each test, balances proven at the end. */
import { afterAll, beforeAll, beforeEach, expect } from '@jest/globals';
import { openPaymentDatabase, type PaymentDatabase } from './payment-database.ts';
import { openBooks, wrongBalances, type Books } from './posting.ts';

export interface TestBooks extends Books {
  readonly on: () => PaymentDatabase;
}

export function testBooks(): TestBooks {
  let on: PaymentDatabase;
  let books: Books;
  beforeAll(async () => {
    on = await openPaymentDatabase();
  });
  beforeEach(async () => {
    books = await openBooks(on);
  });
  afterAll(async () => {
    expect(await wrongBalances(on.rows)).toEqual([]);
    await on.close();
  });
  return {
    get merchantId() {
      return books.merchantId;
    },
    on: () => on,
    give: (...args) => books.give(...args),
    take: (...args) => books.take(...args),
    hold: (...args) => books.hold(...args),
    post: (...args) => books.post(...args),
    results: (...args) => books.results(...args),
    configure: (...args) => books.configure(...args),
    payable: () => books.payable(),
  };
}
