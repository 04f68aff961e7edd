import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { OfferedMethod } from '../../domain/offered-methods.ts';
import { fakePorts, startApi, type TestApi } from '../../test/support/api.ts';

const ideal: OfferedMethod = {
  ...{ name: 'ideal', type: 'bank_redirect', flow: 'redirect', min: 1n, max: 5_000_000n },
};
const asked: unknown[] = [];
let api: TestApi;
beforeAll(async () => {
  api = await startApi(
    fakePorts({
      paymentMethods: {
        offered: async (_, input) => {
          asked.push(input);
          return [ideal];
        },
      },
    }),
  );
});
afterAll(() => api.close());

test('what can be offered is a list, with limits and what the shopper will do', async () => {
  const { status, body } = await api.call(
    '/v1/payment_methods?country=NL&currency=EUR&amount=2599',
  );
  expect([status, body]).toEqual([
    200,
    {
      data: [
        {
          object: 'payment_method_option',
          type: 'bank_redirect',
          name: 'ideal',
          wallet: null,
          flow: 'redirect',
          currency: 'EUR',
          amount_min: 1,
          amount_max: 5_000_000,
        },
      ],
      has_more: false,
      next: null,
    },
  ]);
  expect(asked).toEqual([{ country: 'NL', currency: 'EUR', amountMinor: 2_599n }]);
});

test.each([
  ['currency=EUR', 'country'],
  ['country=NL', 'currency'],
  ['country=nl&currency=EUR', 'country'],
  ['country=NL&currency=XXX', 'currency'],
  ['country=NL&currency=EUR&amount=0', 'amount'],
  ['country=NL&currency=EUR&amount=1.5', 'amount'],
  ['country=NL&currency=EUR&amount=9007199254740993', 'amount'],
  ['country=NL&currency=EUR&colour=red', 'colour'],
])('%s: 400 names %s', async (query, field) => {
  const { status, body } = await api.call(`/v1/payment_methods?${query}`);
  expect(status).toBe(400);
  expect(JSON.stringify(body['errors'])).toContain(field);
});
