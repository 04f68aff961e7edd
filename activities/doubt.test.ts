/** How an unknown ends, and what providers say when nobody asked them (DESIGN 3, "Unknown"). */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { requestCancel, requestCapture, requestRefund } from '../domain/commands.ts';
import type { Provider, ProviderOutcome } from '../domain/provider.ts';
import { openBench, type Bench } from '../test/support/bench.ts';
import { booksOf, differingPayments, overduePayments } from '../test/support/books.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
beforeEach(() => bench.sandbox.setFaults([]));
afterAll(async () => {
  try {
    expect(await differingPayments(bench)).toEqual([]);
  } finally {
    await bench.close();
  }
});

const actor = 'api_key:test';
const evidence = { kind: 'provider_reply', provider: 'alder', detail: 'test' } as const;
const unknown: ProviderOutcome = { kind: 'unknown', evidence };

async function attemptOf(id: string, index = 0): Promise<string> {
  return (await bench.state(id)).attempts[index]?.id ?? '';
}

async function webhookAbout(reference: string, provider = 'alder'): Promise<void> {
  await bench.rows.all(`select * from receive_webhook($1, $2, 'test', $3, '', 2000)`, [
    provider,
    bench.deps.newId('whe'),
    reference,
  ]);
}

async function timelineOf(id: string): Promise<string[]> {
  const rows = await bench.rows.all<{ kind: string }>(
    'select kind from timeline where payment_id = $1 order by sequence',
    [id],
  );
  return rows.map(({ kind }) => kind);
}

describe('a sale in doubt', () => {
  test('that never arrived is sent once more under its key, then taken once', async () => {
    const id = await bench.accept('tok_visa');
    const keys: string[] = [];
    const keyed = (real: Provider): Partial<Provider> => ({
      authorize: (request) => (keys.push(request.idempotencyKey), real.authorize(request)),
    });
    const lost = bench.process({
      provider: () => ({
        authorize: async (request) => (keys.push(request.idempotencyKey), unknown),
      }),
    });
    await lost.authorize({ paymentId: id });
    await bench.advance(5);
    await bench.process({ provider: keyed }).attemptResolve({
      paymentId: id,
      attemptId: await attemptOf(id),
    });
    expect((await bench.settle(id)).status).toBe('captured');
    expect([keys.length, new Set(keys).size]).toEqual([2, 1]);
  });

  test('is not given up by a lookup that says nothing, for however long', async () => {
    const id = await bench.accept('tok_lost_reply');
    await bench.activities.authorize({ paymentId: id });
    const attemptId = await attemptOf(id);
    const deaf = bench.process({
      provider: () => ({ lookup: async () => ({ kind: 'no_answer', evidence }) }),
    });
    for (let n = 0; n < 20; n += 1) {
      await bench.advance(86_400);
      await deaf.attemptResolve({ paymentId: id, attemptId });
    }
    const payment = await bench.state(id);
    expect([payment.status, payment.attempts[0]?.status]).toEqual(['processing', 'unknown']);
    expect((await bench.settleForDays(id, 2)).status).toBe('captured');
  });

  test('that came back as another amount stays in doubt and books nothing of it', async () => {
    await bench.sandbox.setFaults([{ operation: 'authorize', fault: 'wrong_amount', rate: 1 }]);
    const id = await bench.accept('tok_visa');
    await bench.activities.authorize({ paymentId: id });
    expect((await bench.state(id)).attempts[0]?.status).toBe('unknown');
    expect((await bench.settle(id)).status).toBe('captured');
  });

  test.each(['garbage', 'lost_reply', 'error_500', 'slow', 'rate_limited', 'refused'])(
    'or not, under the fault %s, is charged at most once, and we say what they say',
    async (fault) => {
      await bench.sandbox.setFaults([{ operation: 'authorize', fault, rate: 0.5 }], 7);
      const ids = await Promise.all([1, 2, 3].map(() => bench.accept('tok_visa')));
      for (const id of ids) {
        const { status, amountCaptured } = await bench.settleForDays(id, 2);
        const books = await booksOf(bench, id);
        expect(books.filter((operation) => operation === 'capture')).toHaveLength(
          status === 'captured' ? 1 : 0,
        );
        expect(amountCaptured).toBe(status === 'captured' ? 100n : 0n);
      }
    },
    40_000,
  );
});

describe('an operation', () => {
  test.each(['lost_reply', 'garbage', 'error_500', 'refused', 'rate_limited', 'wrong_amount'])(
    'under the fault %s is done once in the end',
    async (fault) => {
      const id = await bench.accept('tok_visa', { captureMethod: 'manual' });
      await bench.settle(id);
      await bench.sandbox.setFaults([{ fault, rate: 0.6 }], 3);
      const contractOf = (name: string) => {
        const provider = bench.deps.providers.get(name);
        if (provider === undefined) throw new Error(name);
        return provider.contract;
      };
      for (const amount of [30n, 40n]) {
        const operationId = bench.deps.newId('op');
        await bench.ask(id, (p) => requestCapture(p, { operationId, actor, amount }, contractOf));
        await bench.settleForDays(id, 2);
      }
      const refund = { operationId: bench.deps.newId('ref'), actor, amount: 50n, reason: 'x' };
      await bench.ask(id, (p) => requestRefund(p, refund));
      await bench.settleForDays(id, 2);
      await bench.ask(id, (p) => requestCancel(p, { operationId: bench.deps.newId('op'), actor }));
      const payment = await bench.settleForDays(id, 2);
      expect(payment).toMatchObject({
        status: 'captured',
        amountCaptured: 70n,
        amountRefunded: 50n,
        voidOpen: false,
      });
      expect(await booksOf(bench, id)).toEqual([
        'authorize',
        'capture',
        'capture',
        'refund',
        'void',
      ]);
    },
    40_000,
  );
});

describe('a cancel', () => {
  test('that meets a page the shopper has just finished gives all of it back', async () => {
    const id = await bench.accept('tok_3ds');
    await bench.settle(id);
    const { redirect_url: page } = await bench.rows.one<{ redirect_url: string }>(
      'select redirect_url from attempts where payment_id = $1',
      [id],
    );
    await fetch(`${page}/approve`, { method: 'POST', redirect: 'manual' });
    await bench.ask(id, (p) => requestCancel(p, { operationId: bench.deps.newId('op'), actor }));
    await bench.settle(id);
    await webhookAbout(await attemptOf(id));
    expect((await bench.settle(id)).amountRefunded).toBe(100n);
  });
});

describe('a webhook', () => {
  test('about what is decided changes nothing and leaves the payment at rest', async () => {
    const id = await bench.accept('tok_visa');
    await bench.settle(id);
    await bench.ask(id, (p) =>
      requestRefund(p, { operationId: bench.deps.newId('ref'), actor, reason: 'x' }),
    );
    const before = await bench.settle(id);
    // What the provider knows by these names: the capture came with the sale.
    const refunds = before.operations.filter(({ kind }) => kind === 'refund');
    const references = [...before.attempts, ...refunds].map((object) => object.id);
    const timeline = await timelineOf(id);
    for (const reference of references) await webhookAbout(reference);
    await bench.advance(5);
    const after = await bench.settle(id);
    await bench.advance(5);
    expect(await overduePayments(bench.rows)).toEqual([]);
    expect(await timelineOf(id)).toEqual(timeline);
    expect(after.amountRefunded).toBe(100n);
    expect(await booksOf(bench, id)).toEqual(['authorize', 'capture', 'refund']);
  });

  test('delivered twice is kept once', async () => {
    const id = await bench.accept('tok_visa');
    await bench.settle(id);
    const values = ['alder', bench.deps.newId('whe'), await attemptOf(id)];
    const receive = `select fresh from receive_webhook($1, $2, 'test', $3, '', 2000)`;
    const first = await bench.rows.one<{ fresh: boolean }>(receive, values);
    const second = await bench.rows.one<{ fresh: boolean }>(receive, values);
    expect([first.fresh, second.fresh]).toEqual([true, false]);
    await bench.settle(id);
  });

  test('long after an authorization has run out leaves nothing overdue', async () => {
    const id = await bench.accept('tok_visa', { captureMethod: 'manual' });
    await bench.settle(id);
    const operationId = bench.deps.newId('op');
    await bench.ask(id, (p) => requestCancel(p, { operationId, actor }));
    await bench.settle(id);
    await bench.advance(30 * 86_400);
    await webhookAbout(await attemptOf(id));
    await webhookAbout(operationId);
    await bench.advance(5);
    await bench.settle(id);
    await bench.advance(5);
    expect(await overduePayments(bench.rows)).toEqual([]);
  });
});

describe('an expiry', () => {
  test('that the provider refuses is not asked for again at once', async () => {
    const id = await bench.accept('tok_visa', { captureMethod: 'manual' });
    await bench.settle(id);
    await bench.advance(7 * 86_400 + 60);
    const decline = { code: 'declined', advice: 'retry_later', providerCode: 'x' } as const;
    let asked = 0;
    const refusing = bench.process({
      provider: () => ({
        void: async () => ((asked += 1), { kind: 'declined', decline, evidence }),
      }),
    });
    for (let n = 0; n < 5; n += 1) {
      const step = await refusing.paymentLoad({ paymentId: id });
      if (step.kind === 'apply_timers') await refusing.paymentApplyTimers({ paymentId: id });
      if (step.kind === 'submit_operation') {
        await refusing.operationExecute({ paymentId: id, operationId: step.operationId });
      }
    }
    expect(asked).toBe(1);
    await bench.advance(2 * 3_600);
    expect((await bench.settle(id)).status).toBe('expired');
  });
});
