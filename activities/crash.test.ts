/**
 * A process may die between any two lines (promises P1 and P6). Each test lets one die at one of them,
 * then lets another take over; in the end the money has moved exactly once.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { requestCancel, requestCapture, requestRefund } from '../domain/commands.ts';
import type { PaymentState } from '../domain/payment-state.ts';
import { able, type Provider } from '../domain/provider.ts';
import { openBench, type Around, type Bench } from '../test/support/bench.ts';
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

class ProcessDied extends Error {}
const die = (): Promise<never> => Promise.reject(new ProcessDied());

type Call = 'authorize' | 'capture' | 'void' | 'refund';
const calls = ['authorize', 'capture', 'void', 'refund'] as const;

const dyingBefore = (real: Provider): Partial<Provider> => ({
  authorize: die,
  capture: die,
  void: die,
  refund: die,
  lookup: (kind, reference) => able(real, 'lookup').lookup(kind, reference),
});

const dyingAfter = (real: Provider): Partial<Provider> => ({
  authorize: async (request) => real.authorize(request).then(die),
  capture: async (request) => able(real, 'capture').capture(request).then(die),
  void: async (request) => able(real, 'void').void(request).then(die),
  refund: async (request) => able(real, 'refund').refund(request).then(die),
});

/** As the driver reports it: no SQLSTATE, nobody knows. */
const connectionLost = (): Promise<never> =>
  Promise.reject(new Error('Connection terminated unexpectedly'));

/** Loses the answer of the n-th commit, which did happen. */
function losingAnswerOf(nth: number): Around {
  let commits = 0;
  return async (statement, run) => {
    const answer = await run();
    if (!statement.includes('commit_change')) return answer;
    commits += 1;
    return commits === nth ? connectionLost() : answer;
  };
}

/** Loses the n-th commit itself. */
function losing(nth: number): Around {
  let commits = 0;
  return async (statement, run) => {
    if (!statement.includes('commit_change')) return run();
    commits += 1;
    return commits === nth ? connectionLost() : run();
  };
}

const contractOf = (name: string) => {
  const provider = bench.deps.providers.get(name);
  if (provider === undefined) throw new Error(name);
  return provider.contract;
};

/** A payment whose next call is this one, and how its books end. */
async function aPaymentBefore(call: Call): Promise<{ id: string; operationId: string }> {
  const captureMethod = call === 'authorize' || call === 'refund' ? 'automatic' : 'manual';
  const id = await bench.accept('tok_visa', { captureMethod });
  const operationId = bench.deps.newId(call === 'refund' ? 'ref' : 'op');
  if (call === 'authorize') return { id, operationId };
  await bench.settle(id);
  const asking = { operationId, actor: 'api_key:test' };
  await bench.ask(id, (payment: PaymentState) => {
    if (call === 'capture') return requestCapture(payment, asking, contractOf);
    return call === 'refund'
      ? requestRefund(payment, { ...asking, reason: 'x' })
      : requestCancel(payment, asking);
  });
  return { id, operationId };
}

const ended: Readonly<Record<Call, { status: string; books: readonly string[] }>> = {
  authorize: { status: 'captured', books: ['authorize', 'capture'] },
  capture: { status: 'captured', books: ['authorize', 'capture'] },
  void: { status: 'canceled', books: ['authorize', 'void'] },
  refund: { status: 'captured', books: ['authorize', 'capture', 'refund'] },
};

async function expectDoneOnce(call: Call, id: string): Promise<void> {
  const payment = await bench.settle(id);
  expect(payment.status).toBe(ended[call].status);
  expect(payment.amountRefunded).toBe(call === 'refund' ? 100n : 0n);
  expect(await booksOf(bench, id)).toEqual(ended[call].books);
}

async function runOnce(
  call: Call,
  { id, operationId }: { id: string; operationId: string },
  activities = bench.activities,
): Promise<unknown> {
  return call === 'authorize'
    ? activities.authorize({ paymentId: id })
    : activities.operationExecute({ paymentId: id, operationId });
}

describe.each(calls)('a process that dies around %s', (call) => {
  test('after the permit and before the call: it is sent once, by another', async () => {
    const target = await aPaymentBefore(call);
    const dying = bench.process({ provider: dyingBefore });
    await expect(runOnce(call, target, dying)).rejects.toThrow(ProcessDied);
    expect(await booksOf(bench, target.id)).toEqual(
      ended[call].books.slice(0, call === 'authorize' ? 0 : -1),
    );
    await expectDoneOnce(call, target.id);
  });

  test('after the call and before its outcome is recorded: a lookup finds it', async () => {
    const target = await aPaymentBefore(call);
    const dying = bench.process({ provider: dyingAfter });
    await expect(runOnce(call, target, dying)).rejects.toThrow(ProcessDied);
    await expectDoneOnce(call, target.id);
  });

  test('after its outcome is recorded and before it says so: the next finds it done', async () => {
    const target = await aPaymentBefore(call);
    await runOnce(call, target);
    const before = await bench.state(target.id);
    expect(await runOnce(call, target)).toEqual({ kind: 'rest' });
    expect((await bench.state(target.id)).version).toBe(before.version);
    await expectDoneOnce(call, target.id);
  });

  test('and whose permit was committed but not confirmed does not send', async () => {
    const target = await aPaymentBefore(call);
    let sent = 0;
    const activities = bench.process({
      around: losingAnswerOf(1),
      provider: () => ({
        authorize: () => ((sent += 1), die()),
        capture: () => ((sent += 1), die()),
        void: () => ((sent += 1), die()),
        refund: () => ((sent += 1), die()),
      }),
    });
    await expect(runOnce(call, target, activities)).rejects.toThrow('Connection terminated');
    expect(await bench.activities.paymentLoad({ paymentId: target.id })).toMatchObject({
      kind: 'wait',
    });
    expect(sent).toBe(0);
    await expectDoneOnce(call, target.id);
  });

  test.each([
    ['was committed but not confirmed', losingAnswerOf],
    ['could not be committed at first', losing],
  ])('and whose outcome %s is recorded once, without a doubt', async (_how, fault) => {
    const target = await aPaymentBefore(call);
    let lookups = 0;
    const activities = bench.process({
      around: fault(2),
      provider: (real) => ({
        lookup: (kind, reference) => ((lookups += 1), able(real, 'lookup').lookup(kind, reference)),
      }),
    });
    expect(await runOnce(call, target, activities)).toEqual({ kind: 'rest' });
    expect(lookups).toBe(0);
    await expectDoneOnce(call, target.id);
  });
});

test('a capture that follows an authorization at a provider without sales survives the same', async () => {
  for (const provider of [dyingBefore, dyingAfter]) {
    const id = await bench.accept('tok_refused_connection');
    const first = await bench.activities.authorize({ paymentId: id });
    expect(first).toEqual({ kind: 'authorize' });
    const dying = bench.process({ provider });
    const decision = await dying.paymentScreen({ paymentId: id });
    await expect(dying.attemptSubmit({ paymentId: id, decision })).rejects.toThrow(ProcessDied);
    expect((await bench.settle(id)).status).toBe('captured');
    expect(await booksOf(bench, id)).toEqual(['authorize', 'capture']);
  }
});
