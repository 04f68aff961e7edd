/**
 * What a provider takes back, or does after a refusal, while other things are under way: the books follow,
 * nothing blocks, nothing stays held. Each was a hole that a hostile review found.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { requestCancel, requestCapture, type Judgement } from '../domain/commands.ts';
import type { PaymentState } from '../domain/payment-state.ts';
import { openBench, type Bench } from '../test/support/bench.ts';
import { differingPayments, overduePayments } from '../test/support/books.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const actor = 'api_key:test';
const contractOf = (name: string) => {
  const provider = bench.deps.providers.get(name);
  if (provider === undefined) throw new Error(name);
  return provider.contract;
};

/** Asks and leaves it to be worked off; answers with the operation's id. */
async function ask(
  id: string,
  judge: (p: PaymentState, operationId: string) => Judgement,
): Promise<string> {
  const operationId = bench.deps.newId('op');
  await bench.ask(id, (p) => judge(p, operationId));
  return operationId;
}

function capture(id: string, amount: bigint): Promise<string> {
  return ask(id, (p, operationId) =>
    requestCapture(p, { operationId, actor, amount, final: false }, contractOf),
  );
}

async function webhookAbout(reference: string): Promise<void> {
  await bench.rows.all(`select * from receive_webhook('alder', $1, 'test', $2, '', 0)`, [
    bench.deps.newId('evt'),
    reference,
  ]);
}

async function pendingOf(id: string): Promise<string> {
  const [row] = await bench.rows.all<{ held: string }>(
    `select coalesce(sum(case when e.resolves_id is null then p.amount else -p.amount end), 0)::text as held
     from journal_entries e join postings p on p.entry_id = e.id
     where e.payment_id = $1 and e.state = 'pending' and p.account = '1100'`,
    [id],
  );
  return row?.held ?? '?';
}

async function expectBooksToAgree(id: string): Promise<void> {
  expect((await differingPayments(bench)).filter((line) => line.startsWith(id))).toEqual([]);
  expect(await overduePayments(bench.rows)).toEqual([]);
}

async function captureThatWillFail(id: string, amount: bigint): Promise<string> {
  await bench.sandbox.setFaults([{ operation: 'capture', fault: 'late_failure', rate: 1 }]);
  const operationId = await capture(id, amount);
  await bench.settle(id);
  await bench.sandbox.setFaults([]);
  await bench.advance(6);
  return operationId;
}

test('a capture taken back while another is in doubt blocks neither, and nothing stays held', async () => {
  const id = await bench.accept('tok_visa', { captureMethod: 'manual' });
  await bench.settle(id);
  const lost = await captureThatWillFail(id, 30n);
  await bench.sandbox.setFaults([{ operation: 'capture', fault: 'lost_reply', rate: 1 }]);
  const doubtful = await capture(id, 40n);
  await bench.activities.operationExecute({ paymentId: id, operationId: doubtful });
  await bench.sandbox.setFaults([]);
  await webhookAbout(lost);
  const { status, amountCaptured } = await bench.settle(id);
  expect([status, amountCaptured]).toEqual(['captured', 40n]);
  expect(await pendingOf(id)).toBe('0');
  await expectBooksToAgree(id);
});

test('a cancel behind a capture that is taken back ends the payment, and nothing stays held', async () => {
  const id = await bench.accept('tok_visa', { captureMethod: 'manual' });
  await bench.settle(id);
  const lost = await captureThatWillFail(id, 30n);
  await ask(id, (p, operationId) => requestCancel(p, { operationId, actor }));
  await webhookAbout(lost);
  const { status, operations } = await bench.settle(id);
  expect(['canceled', 'failed']).toContain(status);
  expect(operations.filter((o) => o.kind === 'void').map((o) => o.status)).not.toContain(
    'requested',
  );
  expect(await pendingOf(id)).toBe('0');
  await expectBooksToAgree(id);
});

test('a part taken back with nothing else under way ends the payment and gives back the hold', async () => {
  const id = await bench.accept('tok_visa', { captureMethod: 'manual' });
  await bench.settle(id);
  await webhookAbout(await captureThatWillFail(id, 30n));
  expect((await bench.settle(id)).status).toBe('failed');
  expect(await pendingOf(id)).toBe('0');
  await expectBooksToAgree(id);
});

test('a capture that was refused and done all the same is booked', async () => {
  const id = await bench.accept('tok_visa', { captureMethod: 'manual' });
  await bench.settle(id);
  await bench.sandbox.setFaults([{ operation: 'capture', fault: 'late_success', rate: 1 }]);
  const refused = await capture(id, 100n);
  await bench.settle(id);
  await bench.sandbox.setFaults([]);
  await bench.advance(6);
  await webhookAbout(refused);
  const { status, amountCaptured } = await bench.settle(id);
  expect([status, amountCaptured]).toEqual(['captured', 100n]);
  expect(await pendingOf(id)).toBe('0');
  await expectBooksToAgree(id);
});

test('a sale taken back is found also when the first lookup gets no answer', async () => {
  const id = await bench.accept('tok_visa');
  await bench.sandbox.setFaults([{ operation: 'authorize', fault: 'late_failure', rate: 1 }]);
  await bench.settle(id);
  await bench.advance(6);
  const [attempt] = (await bench.state(id)).attempts;
  if (attempt === undefined) throw new Error('no attempt');
  await bench.sandbox.setFaults([{ operation: 'lookup', fault: 'error_500', rate: 1 }]);
  await webhookAbout(attempt.id);
  await bench.activities.attemptResolve({ paymentId: id, attemptId: attempt.id });
  await bench.sandbox.setFaults([]);
  expect((await bench.settle(id)).status).toBe('failed');
  await expectBooksToAgree(id);
});
