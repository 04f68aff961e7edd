/** A credit that a bank lists for two payments is the first's; the second goes on without it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PaymentState } from '../domain/payment-state.ts';
import type { LookupResult } from '../domain/provider.ts';
import { openBench, type Bench } from '../test/support/bench.ts';

const cameAt = Date.UTC(2027, 0, 15);

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

async function waiting(): Promise<PaymentState> {
  const id = await bench.accept('unused', {
    ...{ currency: 'EUR', paymentMethod: { type: 'bank_transfer' } },
  });
  await bench.activities.authorize({ paymentId: id });
  const payment = await bench.state(id);
  expect(payment.attempts.map(({ status }) => status)).toEqual(['requires_action']);
  return payment;
}

/** Everything that is asked is answered with the same list. */
async function lookAt({ id, attempts }: PaymentState, credits: readonly string[]) {
  const attemptId = attempts[0]?.id ?? '';
  const action = {
    type: 'bank_instructions',
    iban: 'DE02120300000000202051',
    ...{ holder: 'Shop', transferReference: 'SBX-1' },
  } as const;
  const evidence = { kind: 'lookup', provider: 'bank', detail: 'test' } as const;
  const found: LookupResult = {
    kind: 'found',
    outcome: { kind: 'requires_action', providerReference: 'bank_1', action, evidence },
    receipts: credits.map((credit) => ({
      ...{ id: credit, amountMinor: 40n, currency: 'EUR', at: cameAt },
    })),
  };
  const listing = bench.process({ provider: () => ({ lookup: async () => found }) });
  await bench.rows.all('update attempts set due_at = tender_now() where id = $1', [attemptId]);
  await listing.attemptResolve({ paymentId: id, attemptId });
  const { operations } = await bench.state(id);
  return operations.map(({ providerReference }) => providerReference);
}

test('it is counted once, and a case on the second names the first', async () => {
  const first = await waiting();
  const second = await waiting();
  expect(await lookAt(first, ['credit_1'])).toEqual(['credit_1']);
  for (const listed of [['credit_1'], ['credit_1', 'credit_2']]) {
    expect(await lookAt(second, listed)).toEqual(listed.slice(1));
  }
  const cases = await bench.rows.all(
    `select payment_id, kind, reason, amount::int, evidence -> 'recorded' as recorded from cases`,
  );
  expect(cases).toEqual([
    {
      ...{ payment_id: second.id, kind: 'contradiction', reason: 'receipt_of_another_payment' },
      ...{ amount: 40, recorded: [`credit_1 is ${first.id}`] },
    },
  ]);
});
