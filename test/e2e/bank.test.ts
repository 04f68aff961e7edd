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

/** Of the day that has just ended: senders whose files have not all gone their way. */
const waitingFiles = (): Promise<readonly unknown[]> =>
  stack.rows.all(
    `select p from unnest(array['alder', 'birch', 'cedar', 'bank', 'bank_account']) p where not exists (
       select from reconciliations r where r.provider = p and r.status = 'completed'
         and r.covers_to >= date_trunc('day', tender_now(), 'UTC'))`,
  );

// After everything above, whatever became of it.
describe('in the end', () => {
  test('the books of the providers equal ours, and nothing is left over or overdue', async () => {
    await waitFor(async () => {
      expect(await differingPayments(stack)).toEqual([]);
      expect(await overduePayments(stack.rows)).toEqual([]);
    }, 40_000);
    // What a file tells of stands in suspense until the file that takes it back has come.
    for (let day = 0; day < 2; day += 1) {
      await stack.sandbox.advance(24 * 3_600);
      await waitFor(async () => expect(await waitingFiles()).toEqual([]), 30_000);
    }
    await waitFor(async () => {
      const suspense = await stack.rows.all(
        `select account, provider, currency from account_balances
         where account in ('2900', '1900', '2140') group by 1, 2, 3 having sum(posted_debits) <> sum(posted_credits)`,
      );
      expect(suspense).toEqual([]);
    }, 30_000);
  });
});
