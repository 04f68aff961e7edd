/** Authorizing again what has expired, against the sandbox: never a second hold while the first may stand. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { requestCancel, requestCapture } from '../domain/commands.ts';
import type { PaymentState } from '../domain/payment-state.ts';
import type { Provider } from '../domain/provider.ts';
import { requestReauthorization } from '../domain/reauthorization.ts';
import { openBench, type Bench } from '../test/support/bench.ts';
import { booksOf, differingPayments } from '../test/support/books.ts';
import { providerOf } from './deps.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(async () => {
  try {
    expect(await differingPayments(bench)).toEqual([]);
    expect(await heldNow()).toEqual([]);
  } finally {
    await bench.close();
  }
});

const day = 86_400;
const actor = 'api_key:test';
const contractOf = (name: string) => providerOf(bench.deps, name).contract;

/** Pending on 1100: zero for each payment of which nothing is authorized any more. */
const heldNow = () =>
  bench.rows.all(
    `select p.id from payments p join journal_entries e on e.payment_id = p.id and e.state = 'pending'
       join postings l on l.entry_id = e.id and l.account = '1100'
     where p.status <> 'requires_capture' group by p.id
     having sum(case when l.side = 'debit' then l.amount else -l.amount end) <> 0`,
  );

const reauthorize = (id: string, amount?: bigint): Promise<void> =>
  bench.ask(id, (p) => requestReauthorization(p, { actor, amount }, contractOf));

async function capture(id: string): Promise<PaymentState> {
  const ask = { operationId: bench.deps.newId('op'), actor };
  await bench.ask(id, (p) => requestCapture(p, ask, contractOf));
  return bench.settle(id);
}

async function held(): Promise<string> {
  const id = await bench.accept('tok_visa', { captureMethod: 'manual' });
  expect((await bench.settle(id)).status).toBe('requires_capture');
  return id;
}

async function expired(): Promise<string> {
  const id = await held();
  await bench.advance(7 * day + 60);
  expect((await bench.settle(id)).status).toBe('expired');
  return id;
}

/** Says that it gave the hold back, and did not. */
const lying = (real: Provider): Partial<Provider> => ({
  void: async () => ({
    ...{ kind: 'approved', providerReference: 'x', amountMinor: 100n, currency: 'USD' },
    ...{ captured: false },
    evidence: { kind: 'provider_reply', provider: real.contract.name, detail: 'lie' },
  }),
});

/** Expired here alone: the provider, whose clock is behind, still holds it. */
async function thoughtExpired(): Promise<string> {
  const id = await held();
  await bench.rows.all('update clock set offset_seconds = offset_seconds + $1', [7 * day + 60]);
  const liar = bench.process({ provider: lying });
  expect((await liar.paymentApplyTimers({ paymentId: id })).kind).toBe('submit_operation');
  const [operation] = (await bench.state(id)).operations;
  await liar.operationExecute({ paymentId: id, operationId: operation?.id ?? '' });
  expect((await bench.state(id)).status).toBe('expired');
  return id;
}

const told = (id: string): Promise<readonly object[]> =>
  bench.rows.all('update attempts set due_at = tender_now() where payment_id = $1 and number = 1', [
    id,
  ]);

const lookAtFirst = async (id: string) => {
  const [first] = (await bench.state(id)).attempts;
  return bench.activities.attemptResolve({ paymentId: id, attemptId: first?.id ?? '' });
};

test('held again for less, captured, and the books agree', async () => {
  const id = await expired();
  await reauthorize(id, 60n);
  expect(await bench.settle(id)).toMatchObject({
    ...{ status: 'requires_capture', amount: 100n, amountAuthorized: 60n, captureClosed: false },
    ...{ reauthorizeAmount: null, reauthorizations: 1 },
    attempts: [
      { status: 'expired', amount: 100n, reauthorization: 0 },
      { status: 'authorized', amount: 60n, reauthorization: 1 },
    ],
  });
  await expect(
    bench.ask(id, (p) =>
      requestCapture(p, { operationId: 'op_x', actor, amount: 61n }, contractOf),
    ),
  ).rejects.toThrow('capture_exceeds_authorization');
  expect(await capture(id)).toMatchObject({ status: 'captured', amountCaptured: 60n });
  expect(await booksOf(bench, id)).toEqual(['authorize', 'authorize', 'capture']);
  const entries = await bench.rows.all<{ event: string }>(
    'select event from journal_entries where payment_id = $1 order by id',
    [id],
  );
  expect(entries.map(({ event }) => event)).toEqual([
    ...['authorization', 'authorization_released'],
    ...['authorization', 'authorization_released', 'capture'],
  ]);
});

test('what expires again may be authorized again; canceled, it is over', async () => {
  const id = await expired();
  await reauthorize(id);
  await bench.settle(id);
  await bench.advance(7 * day + 60);
  expect((await bench.settle(id)).status).toBe('expired');
  await reauthorize(id);
  await bench.settle(id);
  const ask = { operationId: bench.deps.newId('op'), actor };
  await bench.ask(id, (p) => requestCancel(p, ask));
  expect(await bench.settle(id)).toMatchObject({ status: 'canceled', reauthorizations: 2 });
  await expect(reauthorize(id)).rejects.toThrow('reauthorization_not_possible');
  expect(await booksOf(bench, id)).toEqual(['authorize', 'authorize', 'authorize', 'void']);
});

test('a no leaves it expired, to be asked again', async () => {
  const id = await expired();
  await reauthorize(id);
  const refusing = bench.process({
    provider: ({ contract }) => ({
      authorize: async () => ({
        kind: 'declined',
        decline: { code: 'insufficient_funds', advice: 'retry_later', providerCode: '51' },
        evidence: { kind: 'provider_reply', provider: contract.name, detail: 'http_402' },
      }),
    }),
  });
  expect((await refusing.authorize({ paymentId: id })).kind).toBe('rest');
  const payment = await bench.state(id);
  expect(payment).toMatchObject({
    status: 'expired',
    reauthorizeAmount: null,
    captureClosed: true,
  });
  expect(payment.attempts.map(({ status }) => status)).toEqual(['expired', 'declined']);
  await reauthorize(id);
  await bench.settle(id);
  expect((await capture(id)).amountCaptured).toBe(100n);
});

describe('at once', () => {
  test('of eight requests exactly one is accepted, and one hold is made', async () => {
    const id = await expired();
    const asked = await Promise.allSettled(Array.from({ length: 8 }, () => reauthorize(id)));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await Promise.all([bench.settle(id), bench.activities.authorize({ paymentId: id })]);
    expect(await booksOf(bench, id)).toEqual(['authorize', 'authorize']);
    expect((await capture(id)).amountCaptured).toBe(100n);
  });

  test('while what is told of the old hold cannot be looked up, nothing is sent', async () => {
    const id = await thoughtExpired();
    await reauthorize(id);
    await told(id);
    const evidence = { kind: 'lookup', provider: 'alder', detail: 'no_answer' } as const;
    const mute = bench.process({
      provider: () => ({ lookup: async () => ({ kind: 'no_answer', evidence }) }),
    });
    const [first] = (await bench.state(id)).attempts;
    await mute.attemptResolve({ paymentId: id, attemptId: first?.id ?? '' });
    await bench.activities.authorize({ paymentId: id });
    expect(await bench.state(id)).toMatchObject({ status: 'expired', reauthorizeAmount: null });
    await expect(reauthorize(id)).rejects.toThrow('payment_in_doubt');
    await bench.settleForDays(id, 1);
    expect(await booksOf(bench, id)).toEqual(['authorize', 'void']);
  });

  test('asked for while the old hold turns out to stand: one after the other, in any order', async () => {
    for (let i = 0; i < 6; i += 1) {
      const id = await thoughtExpired();
      if (i % 2 === 0) await reauthorize(id);
      await told(id);
      const [asked] = await Promise.allSettled([
        i % 2 === 0 ? Promise.resolve() : reauthorize(id),
        lookAtFirst(id),
        bench.activities.authorize({ paymentId: id }),
      ]);
      await bench.settle(id);
      const payment = await bench.state(id);
      expect(payment.attempts[0]?.status).toBe('voided');
      // A second hold, if there is one, came after the first was given back.
      const again = payment.status === 'requires_capture';
      expect(await booksOf(bench, id)).toEqual(
        again ? ['authorize', 'void', 'authorize'] : ['authorize', 'void'],
      );
      if (asked.status === 'rejected') expect(again).toBe(false);
      if (!again) await reauthorize(id);
      await bench.settle(id);
      expect((await capture(id)).amountCaptured).toBe(100n);
    }
  });
});
