/** An unknown that nobody can end: asked after for days, then parked; and how the truth still ends it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { requestRefund } from '../domain/commands.ts';
import { refundable } from '../domain/payment-state.ts';
import type { Provider } from '../domain/provider.ts';
import { openBench, type Bench } from '../test/support/bench.ts';
import { booksOf, differingPayments } from '../test/support/books.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  try {
    expect(await differingPayments(bench)).toEqual([]);
  } finally {
    await bench.close();
  }
});

const evidence = { kind: 'lookup', provider: 'alder', detail: 'test' } as const;
const deaf = (): Partial<Provider> => ({
  lookup: async () => ({ kind: 'no_answer', evidence }),
  voidByReference: async () => ({ kind: 'no_answer', evidence }),
});

interface Case {
  readonly subject_id: string;
  readonly status: string;
  readonly reason: string;
  readonly resolution: string | null;
}

const casesOf = (id: string): Promise<readonly Case[]> =>
  bench.rows.all(
    'select subject_id, status, reason, resolution from cases where payment_id = $1 order by id',
    [id],
  );

async function parkedLines(id: string): Promise<number> {
  const lines = await bench.rows.all(
    `select from timeline where payment_id = $1 and kind like '%.parked'`,
    [id],
  );
  return lines.length;
}

/** Ms until somebody looks again. */
async function wakesIn(id: string): Promise<number> {
  const { hours } = await bench.rows.one<{ hours: number }>(
    `select round(extract(epoch from wake_at - tender_now()) / 3600)::int as hours from payments where id = $1`,
    [id],
  );
  return hours;
}

describe('a sale in doubt at a provider that is silent', () => {
  test('is parked once, stays in doubt, is asked after daily, and ends by itself', async () => {
    const id = await bench.accept('tok_lost_reply');
    const silent = bench.process({ provider: deaf });
    await silent.authorize({ paymentId: id });
    const attemptId = (await bench.state(id)).attempts[0]?.id ?? '';
    for (let lookups = 0; lookups < 12; lookups += 1) {
      await bench.advance(12 * 3_600);
      await silent.attemptResolve({ paymentId: id, attemptId });
    }
    expect(await casesOf(id)).toEqual([]);
    for (let days = 0; days < 3; days += 1) {
      await bench.advance(86_400);
      await silent.attemptResolve({ paymentId: id, attemptId });
      expect(await wakesIn(id)).toBe(24);
    }
    expect(await casesOf(id)).toEqual([
      { subject_id: attemptId, status: 'open', reason: 'provider_silent', resolution: null },
    ]);
    expect(await parkedLines(id)).toBe(1);
    const parked = await bench.state(id);
    expect([parked.status, parked.attempts[0]?.status]).toEqual(['processing', 'unknown']);

    await bench.advance(86_400);
    expect((await bench.settle(id)).status).toBe('captured');
    expect(await casesOf(id)).toMatchObject([{ status: 'closed', resolution: 'authorized' }]);
    expect(await booksOf(bench, id)).toEqual(['authorize', 'capture']);
  });
});

test('a parked refund keeps its amount, and two that look at once open one case', async () => {
  const id = await bench.accept('tok_visa');
  await bench.settle(id);
  const operationId = bench.deps.newId('ref');
  const ask = { operationId, actor: 'api_key:test', amount: 60n, reason: 'x' };
  await bench.ask(id, (p) => requestRefund(p, ask));
  const silent = bench.process({
    provider: (real) => ({
      ...deaf(),
      refund: async (request) => {
        await real.refund?.(request);
        return { kind: 'unknown', evidence };
      },
    }),
  });
  await silent.operationExecute({ paymentId: id, operationId });
  for (let lookups = 0; lookups < 14; lookups += 1) {
    await bench.advance(86_400);
    await Promise.all([
      silent.operationResolve({ paymentId: id, operationId }),
      silent.operationResolve({ paymentId: id, operationId }),
    ]);
  }
  expect(await casesOf(id)).toMatchObject([{ subject_id: operationId, status: 'open' }]);
  expect(refundable(await bench.state(id))).toBe(40n);
  await bench.advance(86_400);
  expect(await bench.settle(id)).toMatchObject({ amountRefunded: 60n, refundReserved: 0n });
  expect(await casesOf(id)).toMatchObject([{ status: 'closed', resolution: 'succeeded' }]);
});
