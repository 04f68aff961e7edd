/** Raising an authorization at the sandbox's alder: real database, real provider, lost answers. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { requestCancel, requestCapture } from '../domain/commands.ts';
import type { PaymentState } from '../domain/payment-state.ts';
import { requestIncrement } from '../domain/request-increment.ts';
import { openBench, type Bench } from '../test/support/bench.ts';
import { booksOf, differingPayments } from '../test/support/books.ts';
import { verifyLedger } from '../db/ledger-verify.ts';
import { providerOf } from './deps.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const contractOf = (name: string) => providerOf(bench.deps, name).contract;
const asking = () => ({ operationId: bench.deps.newId('op'), actor: 'api_key:test' });

async function held(): Promise<string> {
  const id = await bench.accept('tok_visa', { captureMethod: 'manual' });
  await bench.settle(id);
  return id;
}

async function raise(id: string, amount: bigint, fault?: string): Promise<PaymentState> {
  const plan = fault === undefined ? [] : [{ operation: 'increment', fault, rate: 1 }];
  await bench.sandbox.setFaults(plan);
  await bench.ask(id, (p) => requestIncrement(p, { ...asking(), amount }, contractOf));
  const payment = await bench.settle(id);
  await bench.sandbox.setFaults([]);
  return payment;
}

async function capture(id: string, amount?: bigint): Promise<PaymentState> {
  await bench.ask(id, (p) => requestCapture(p, { ...asking(), amount }, contractOf));
  return bench.settle(id);
}

/** What pending entries still hold at the provider. */
async function pendingOf(id: string): Promise<number> {
  const { held: amount } = await bench.rows.one<{ held: number }>(
    `select coalesce(sum(case side when 'debit' then p.amount else -p.amount end), 0)::int as held
     from journal_entries e join postings p on p.entry_id = e.id
     where e.payment_id = $1 and e.state = 'pending' and p.account = '1100'`,
    [id],
  );
  return amount;
}

async function isSound(id: string): Promise<void> {
  expect((await differingPayments(bench)).filter((l) => l.startsWith(id))).toEqual([]);
  const { checks } = await verifyLedger(bench.db);
  expect(checks.filter((c) => c.state === 'broken')).toEqual([]);
}

test('100 raised by 20 and by 5 is captured at 125, and then nothing is held', async () => {
  const id = await held();
  await raise(id, 20n);
  expect((await raise(id, 5n)).amountAuthorized).toBe(125n);
  expect(await pendingOf(id)).toBe(125);
  const payment = await capture(id);
  expect(payment).toMatchObject({ status: 'captured', amountCaptured: 125n });
  expect(await booksOf(bench, id)).toEqual(['authorize', 'increment', 'increment', 'capture']);
  expect(await pendingOf(id)).toBe(0);
  await isSound(id);
});

describe.each(['lost_reply', 'error_500'])('with %s', (fault) => {
  test('it is done once in the end, and canceled in full', async () => {
    const id = await held();
    await raise(id, 20n, fault);
    const settled = await bench.settleForDays(id, 1);
    const { status } = settled.operations[0] ?? {};
    const expected = status === 'succeeded' ? 120n : 100n;
    expect(settled.amountAuthorized).toBe(expected);
    expect(await pendingOf(id)).toBe(Number(expected));
    await bench.ask(id, (p) => requestCancel(p, asking()));
    expect((await bench.settle(id)).status).toBe('canceled');
    const movements = (await bench.sandbox.books()).filter((m) =>
      settled.operations.some((o) => o.id === m.reference && o.kind === 'increment'),
    );
    expect(movements.length).toBe(status === 'succeeded' ? 1 : 0);
    expect(await pendingOf(id)).toBe(0);
    await isSound(id);
  });
});

test('in doubt it adds nothing that may be captured', async () => {
  const id = await held();
  await bench.sandbox.setFaults([{ operation: 'increment', fault: 'lost_reply', rate: 1 }]);
  const ask = asking();
  await bench.ask(id, (p) => requestIncrement(p, { ...ask, amount: 20n }, contractOf));
  await bench.activities.operationExecute({ paymentId: id, operationId: ask.operationId });
  await bench.sandbox.setFaults([]);
  expect(await bench.state(id)).toMatchObject({
    amountAuthorized: 100n,
    operations: [{ kind: 'increment', status: 'unknown' }],
  });
  await expect(capture(id, 101n)).rejects.toThrow('capture_exceeds_authorization');
  // Captured while in doubt, in part; then the truth is known, and the rest is captured with it.
  expect((await capture(id, 60n)).amountAuthorized).toBe(120n);
  const payment = await capture(id);
  expect(payment).toMatchObject({ status: 'captured', amountCaptured: 120n });
  expect(await pendingOf(id)).toBe(0);
  await isSound(id);
});

test.each(['late_failure', 'late_success'])('%s is booked as well', async (fault) => {
  const id = await held();
  const before = await raise(id, 20n, fault);
  expect(before.amountAuthorized).toBe(fault === 'late_failure' ? 120n : 100n);
  await bench.advance(6);
  await bench.rows.all(`select * from receive_webhook('alder', $1, 'test', $2, '', 0)`, [
    bench.deps.newId('evt'),
    before.operations[0]?.id,
  ]);
  const after = await bench.settle(id);
  expect(after.amountAuthorized).toBe(fault === 'late_failure' ? 100n : 120n);
  expect(await pendingOf(id)).toBe(Number(after.amountAuthorized));
  await capture(id);
  expect(await pendingOf(id)).toBe(0);
  await isSound(id);
});
