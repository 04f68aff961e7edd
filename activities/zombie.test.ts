/**
 * Temporal gives one decider, not one executor: a paused process wakes and acts late, and two may act at
 * once. Only one sends, `unknown` overwrites nothing, and what contradicts the record is a late success.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { requestCapture } from '../domain/commands.ts';
import type { AuthorizeRequest, LookupResult, ProviderOutcome } from '../domain/provider.ts';
import { openBench, type Bench } from '../test/support/bench.ts';
import { booksOf, differingPayments } from '../test/support/books.ts';
import { waitFor } from '../test/support/wait.ts';

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

const eight = <T>(run: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: 8 }, run));

async function versionAndEntries(id: string): Promise<{ version: bigint; entries: number }> {
  const { entries } = await bench.rows.one<{ entries: number }>(
    'select count(*)::int as entries from journal_entries where payment_id = $1',
    [id],
  );
  return { version: (await bench.state(id)).version, entries };
}

describe('of eight executions at once one sends', () => {
  test('a sale', async () => {
    const id = await bench.accept('tok_visa');
    await eight(() => bench.activities.authorize({ paymentId: id }));
    expect(await booksOf(bench, id)).toEqual(['authorize', 'capture']);
    expect((await bench.settle(id)).attempts).toHaveLength(1);
  });

  test('the try at the next provider', async () => {
    const id = await bench.accept('tok_refused_connection', { captureMethod: 'manual' });
    await bench.activities.authorize({ paymentId: id });
    const decision = await bench.activities.paymentScreen({ paymentId: id });
    const submitted = await eight(() =>
      bench.activities.attemptSubmit({ paymentId: id, decision }),
    );
    expect(submitted.filter(({ kind }) => kind === 'answered')).toHaveLength(1);
    expect(await booksOf(bench, id)).toEqual(['authorize']);
    // Whatever was answered and never recorded is found by its lookup.
    expect((await bench.settle(id)).status).toBe('requires_capture');
  });

  test('a capture', async () => {
    const id = await bench.accept('tok_visa', { captureMethod: 'manual' });
    await bench.settle(id);
    const operationId = bench.deps.newId('op');
    await bench.ask(id, (payment) =>
      requestCapture(payment, { operationId, actor: 'api_key:test', amount: 40n }, (name) => {
        const provider = bench.deps.providers.get(name);
        if (provider === undefined) throw new Error(name);
        return provider.contract;
      }),
    );
    await eight(() => bench.activities.operationExecute({ paymentId: id, operationId }));
    expect(await booksOf(bench, id)).toEqual(['authorize', 'capture']);
    expect((await bench.settle(id)).amountCaptured).toBe(40n);
  });

  test('a sale that is sent once more after a proven absence', async () => {
    const id = await bench.accept('tok_visa');
    let sent = 0;
    const lost = bench.process({
      provider: () => ({ authorize: async () => ((sent += 1), unknown) }),
    });
    await lost.authorize({ paymentId: id });
    await bench.advance(5);
    const attemptId = (await bench.state(id)).attempts[0]?.id ?? '';
    const again = bench.process({
      provider: (real) => ({ authorize: (r) => ((sent += 1), real.authorize(r)) }),
    });
    await eight(() => again.attemptResolve({ paymentId: id, attemptId }));
    expect(sent).toBe(2);
    expect((await bench.settle(id)).status).toBe('captured');
    expect(await booksOf(bench, id)).toEqual(['authorize', 'capture']);
  });
});

const evidence = { kind: 'provider_reply', provider: 'alder', detail: 'test' } as const;
const unknown: ProviderOutcome = { kind: 'unknown', evidence };

/** A process whose call happens, but whose reply is held back until `release`. */
function heldReply(): {
  paused: ReturnType<Bench['process']>;
  replied: Promise<void>;
  release: (change?: (reply: ProviderOutcome) => ProviderOutcome) => void;
} {
  const reply = Promise.withResolvers<undefined>();
  const held = Promise.withResolvers<(reply: ProviderOutcome) => ProviderOutcome>();
  const paused = bench.process({
    provider: (real) => ({
      authorize: async (request: AuthorizeRequest) => {
        const outcome = await real.authorize(request);
        reply.resolve(undefined);
        return (await held.promise)(outcome);
      },
    }),
  });
  return {
    paused,
    replied: reply.promise,
    release: (change = (outcome) => outcome) => held.resolve(change),
  };
}

describe('a process that wakes too late', () => {
  test('after send_by does not send, and the payment ends unsent', async () => {
    let sent = 0;
    const id = await bench.accept('tok_visa', { submitWithinMs: 150 });
    const asleep = bench.process({
      // Its permit is committed, then it sleeps until the time to send is over.
      around: async (statement, run) => {
        const answer = await run();
        if (statement.includes('commit_change')) {
          await waitFor(async () => {
            const { over } = await bench.rows.one<{ over: boolean }>(
              'select bool_and(send_by < tender_now()) as over from attempts where payment_id = $1',
              [id],
            );
            expect(over).toBe(true);
          });
        }
        return answer;
      },
      provider: () => ({ authorize: async () => ((sent += 1), unknown) }),
    });
    await asleep.authorize({ paymentId: id });
    expect(sent).toBe(0);
    expect((await bench.settle(id)).status).toBe('canceled');
    expect(await booksOf(bench, id)).toEqual([]);
  });

  test('with the yes that a lookup has recorded before changes nothing', async () => {
    const id = await bench.accept('tok_visa');
    const { paused, replied, release } = heldReply();
    const zombie = paused.authorize({ paymentId: id });
    await replied;
    await bench.advance(7);
    expect((await bench.settle(id)).status).toBe('captured');
    const before = await versionAndEntries(id);
    release();
    expect(await zombie).toEqual({ kind: 'rest' });
    expect(await versionAndEntries(id)).toEqual(before);
    expect(await booksOf(bench, id)).toEqual(['authorize', 'capture']);
  });

  test('with an unknown does not put what is known in doubt', async () => {
    const id = await bench.accept('tok_visa');
    const { paused, replied, release } = heldReply();
    const zombie = paused.authorize({ paymentId: id });
    await replied;
    await bench.advance(7);
    await bench.settle(id);
    const before = await versionAndEntries(id);
    release(() => unknown);
    await zombie;
    expect(await versionAndEntries(id)).toEqual(before);
  });

  test('with a decline does not undo a yes, and the contradiction is kept', async () => {
    const id = await bench.accept('tok_visa');
    const { paused, replied, release } = heldReply();
    const zombie = paused.authorize({ paymentId: id });
    await replied;
    await bench.advance(7);
    await bench.settle(id);
    const decline = { code: 'do_not_honor', advice: 'retry_later', providerCode: 'x' } as const;
    release(() => ({ kind: 'declined', decline, evidence }));
    await zombie;
    expect((await bench.state(id)).status).toBe('captured');
    const kept = await bench.rows.all(
      `select from timeline where payment_id = $1 and kind = 'attempt.contradicted'`,
      [id],
    );
    expect(kept).toHaveLength(1);
  });

  test.each(['automatic', 'manual'] as const)(
    'with a yes (%s) after a recorded no is a late success, given back once',
    async (captureMethod) => {
      const id = await bench.accept('tok_visa', { captureMethod });
      const { paused, replied, release } = heldReply();
      const zombie = paused.authorize({ paymentId: id });
      await replied;
      await bench.advance(7);
      await recordNo(id);
      release();
      await zombie;
      const payment = await bench.settle(id);
      await expectGivenBackOnce(id);
      expect(payment.status).toBe('requires_payment_method');
      // The same yes again, by a lookup that a webhook asks for: it is not late a second time.
      await webhookAbout(payment.attempts[0]?.id ?? '', `${id}-again`);
      await bench.settle(id);
      await expectGivenBackOnce(id);
    },
  );

  test('with a yes after the next provider took it does not cost the shopper twice', async () => {
    const id = await bench.accept('tok_visa');
    const { paused, replied, release } = heldReply();
    const zombie = paused.authorize({ paymentId: id });
    await replied;
    await bench.advance(7);
    // The provider confirms a void by reference, and takes the money nevertheless.
    const lying = bench.process({
      provider: () => ({
        lookup: async (): Promise<LookupResult> => ({ kind: 'absent', evidence }),
        authorize: async () => unknown,
        voidByReference: async () => ({ kind: 'confirmed', evidence }),
      }),
    });
    const attemptId = (await bench.state(id)).attempts[0]?.id ?? '';
    await lying.attemptResolve({ paymentId: id, attemptId });
    await bench.advance(20);
    await lying.attemptResolve({ paymentId: id, attemptId });
    expect((await bench.state(id)).attempts[0]?.status).toBe('voided');
    expect((await bench.settle(id)).status).toBe('captured');
    release();
    await zombie;
    const payment = await bench.settle(id);
    expect(payment.attempts.map(({ provider, status }) => `${provider} ${status}`)).toEqual([
      'alder voided',
      'birch authorized',
    ]);
    const books = await booksOf(bench, id);
    expect(books.toSorted()).toEqual(['authorize', 'authorize', 'capture', 'capture', 'refund']);
  });
});

/** As if another had been told no: what the zombie knows better. */
async function recordNo(id: string): Promise<void> {
  const decline = { code: 'do_not_honor', advice: 'retry_later', providerCode: 'x' } as const;
  const outcome: ProviderOutcome = { kind: 'declined', decline, evidence };
  const other = bench.process({
    provider: () => ({ lookup: async (): Promise<LookupResult> => ({ kind: 'found', outcome }) }),
  });
  const attemptId = (await bench.state(id)).attempts[0]?.id ?? '';
  await other.attemptResolve({ paymentId: id, attemptId });
  expect((await bench.state(id)).status).toBe('requires_payment_method');
}

async function webhookAbout(reference: string, eventId: string): Promise<void> {
  await bench.rows.all(`select * from receive_webhook('alder', $1, 'test', $2, '', 2000)`, [
    eventId,
    reference,
  ]);
}

async function expectGivenBackOnce(id: string): Promise<void> {
  const { attempts, operations } = await bench.state(id);
  expect(attempts.map(({ status }) => status)).toEqual(['voided']);
  expect(operations.map(({ cause, status }) => `${cause} ${status}`)).toEqual([
    'late_success succeeded',
  ]);
  const { suspense } = await bench.rows.one<{ suspense: string }>(suspenseSql, [id]);
  expect(suspense).toBe('0');
  const told = await bench.rows.all(
    `select from outbox where payment_id = $1 and type = 'payment.late_success'`,
    [id],
  );
  expect(told).toHaveLength(1);
}

const suspenseSql = `
  select coalesce(sum(case p.side when 'credit' then p.amount else -p.amount end), 0)::text as suspense
  from journal_entries e join postings p on p.entry_id = e.id
  where e.payment_id = $1 and p.account = '2900'`;
