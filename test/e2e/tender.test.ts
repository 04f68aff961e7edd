/** One stack for all of these: nothing here moves the clock or stops a part. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { differingPayments, overduePayments } from '../support/books.ts';
import { waitFor } from '../support/wait.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { describeApprovals } from './approval-cases.ts';
import { describeBadInput } from './bad-input-cases.ts';
import { describeCustomers } from './customer-cases.ts';
import { describeDoubt } from './doubt-cases.ts';
import { describeIdempotency } from './idempotency-cases.ts';
import { describeLimits } from './limit-cases.ts';
import { describePayments } from './payment-cases.ts';
import { describeRisk } from './risk-cases.ts';
import { describeTemporal } from './temporal-cases.ts';

jest.setTimeout(60_000);

let stack: TestStack | undefined;
const running = (): TestStack => {
  if (stack === undefined) throw new Error('the stack has not started');
  return stack;
};

beforeAll(async () => {
  stack = await startTestStack();
});

afterAll(async () => {
  await stack?.stop();
});

describeTemporal(running);
describePayments(running);
describeCustomers(running);
describeDoubt(running);
describeIdempotency(running);
describeLimits(running);
describeApprovals(running);
describeRisk(running);
describeBadInput(running);

// After everything above, whatever became of it.
describe('in the end', () => {
  test('the books of the providers equal ours, payment by payment', async () => {
    expect(await differingPayments(running())).toEqual([]);
  });

  test('debits equal credits in the trial balance of every merchant', async () => {
    for (const { apiKey: key } of running().merchants) {
      const { body } = await running().api.get('/v1/ledger/trial_balance', { key });
      const balances = body['data'] as Record<'pending' | 'posted', Record<string, string>>[];
      for (const state of ['pending', 'posted'] as const) {
        const sum = (side: string): bigint =>
          balances.reduce((all, balance) => all + BigInt(balance[state][side] ?? ''), 0n);
        expect(sum('debits')).toBe(sum('credits'));
      }
    }
  });

  test('no chain of a timeline is broken', async () => {
    const broken = await running().rows.all(
      'select id from payments where timeline_first_broken(id) is not null',
    );
    expect(broken).toEqual([]);
  });

  test('every answer that was awaited is frozen, and nothing is left overdue', async () => {
    await waitFor(async () => {
      const open = await running().rows.all(
        'select key, path, payment_id from idempotency_keys where answer_status is null',
      );
      expect(open).toEqual([]);
      expect(await overduePayments(running().rows)).toEqual([]);
    });
  });
});
