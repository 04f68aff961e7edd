/** Ways of paying that take days, on a stack of their own whose clock is moved. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { differingPayments, overduePayments } from '../support/books.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { waitFor } from '../support/wait.ts';
import { describeDebits, describeRedirects } from './bank-cases.ts';
import { describeOffers } from './offer-cases.ts';
import { describeTransfers } from './transfer-cases.ts';

jest.setTimeout(90_000);

let stack: TestStack;
const running = (): TestStack => stack;
beforeAll(async () => {
  stack = await startTestStack();
});
afterAll(async () => {
  await stack.stop();
});

describeRedirects(running);
describeDebits(running);
describeTransfers(running);
describeOffers(running);

// After everything above, whatever became of it.
describe('in the end', () => {
  test('the books of the providers equal ours, and nothing is left over or overdue', async () => {
    await waitFor(async () => {
      expect(await differingPayments(stack)).toEqual([]);
      expect(await overduePayments(stack.rows)).toEqual([]);
    }, 40_000);
    const suspense = await stack.rows.all(
      `select account, currency from account_balances
       where account in ('2900', '1900', '2140') and posted_debits <> posted_credits`,
    );
    expect(suspense).toEqual([]);
  });
});
