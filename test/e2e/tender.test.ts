/** One stack for all of these: nothing here moves the clock or stops a part. */
import { afterAll, beforeAll, jest } from '@jest/globals';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { describeDoubt } from './doubt-cases.ts';
import { describeIdempotency } from './idempotency-cases.ts';
import { describeLimits } from './limit-cases.ts';
import { describePayments } from './payment-cases.ts';

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

describePayments(running);
describeDoubt(running);
describeIdempotency(running);
describeLimits(running);
