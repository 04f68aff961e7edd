/**
 * A provider takes back what it had reported as done (DESIGN 3: `succeeded → failed` on evidence, with
 * journal entries of its own).
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { requestCapture, requestRefund } from '../domain/commands.ts';
import { openBench, type Bench } from '../test/support/bench.ts';
import { differingPayments } from '../test/support/books.ts';
import { approved } from '../test/support/payments.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const contractOf = (name: string) => {
  const provider = bench.deps.providers.get(name);
  if (provider === undefined) throw new Error(name);
  return provider.contract;
};

test.each([
  ['authorize', 'automatic'],
  ['capture', 'manual'],
  ['refund', 'automatic'],
] as const)('a late failure of %s is taken out of our books as well', async (operation, method) => {
  const id = await bench.accept('tok_visa', { captureMethod: method });
  const fault = { operation, fault: 'late_failure', rate: 1 };
  await bench.sandbox.setFaults([fault]);
  await bench.settle(id);
  const ask = { operationId: bench.deps.newId(operation === 'refund' ? 'ref' : 'op'), actor: 'x' };
  if (operation === 'capture') await bench.ask(id, (p) => requestCapture(p, ask, contractOf));
  if (operation === 'refund') await bench.ask(id, (p) => requestRefund(p, { ...ask, reason: 'x' }));
  await bench.settle(id);
  await bench.sandbox.setFaults([]);
  await bench.advance(6);
  const [attempt] = (await bench.state(id)).attempts;
  const reference = operation === 'authorize' ? attempt?.id : ask.operationId;
  await bench.rows.all(`select * from receive_webhook('alder', $1, 'test', $2, '', 0)`, [
    id,
    reference,
  ]);
  await bench.settle(id);
  expect((await differingPayments(bench)).filter((line) => line.startsWith(id))).toEqual([]);
});

/** Captured, refunded in part, and then the capture is taken back. */
async function takenBackBehind(refunded: bigint, left: bigint): Promise<readonly object[]> {
  const id = await bench.accept('tok_visa', { captureMethod: 'manual' });
  await bench.settle(id);
  const capture = async (amount: bigint): Promise<string> => {
    const operationId = bench.deps.newId('op');
    const ask = { operationId, actor: 'x', amount, final: false };
    await bench.ask(id, (p) => requestCapture(p, ask, contractOf));
    await bench.settle(id);
    return operationId;
  };
  await bench.sandbox.setFaults([{ operation: 'capture', fault: 'late_failure', rate: 1 }]);
  const lost = await capture(100n - left);
  await bench.sandbox.setFaults([]);
  if (left > 0n) await capture(left);
  if (refunded > 0n) {
    const operationId = bench.deps.newId('ref');
    const ask = { operationId, actor: 'x', amount: refunded, reason: 'x' };
    await bench.ask(id, (p) => requestRefund(p, ask));
    const done = approved({ amountMinor: refunded, providerReference: `alder_${operationId}` });
    const willing = bench.process({ provider: () => ({ refund: async () => done }) });
    await willing.operationExecute({ paymentId: id, operationId });
  }
  await bench.advance(6);
  await bench.rows.all(`select * from receive_webhook('alder', $1, 'test', $2, '', 0)`, [id, lost]);
  const { amountCaptured, amountRefunded } = await bench.settle(id);
  expect([amountCaptured, amountRefunded]).toEqual([left, refunded]);
  return bench.rows.all(
    `select kind, reason, amount::int, subject_id = $2 as of_capture,
       jsonb_array_length(evidence -> 'refunds') as refunds from cases where payment_id = $1`,
    [id, lost],
  );
}

test.each([
  ['all of it was refunded', 100n, 0n, 100],
  ['more than is left was refunded', 60n, 40n, 20],
])('a capture taken back when %s is put before a person', async (_, refunded, left, amount) => {
  expect(await takenBackBehind(refunded, left)).toEqual([
    { kind: 'excess', reason: 'taken_back_after_refund', amount, of_capture: true, refunds: 1 },
  ]);
});

test.each([
  ['nothing was refunded', 0n, 0n],
  ['what is left covers what was refunded', 40n, 40n],
])('a capture taken back when %s is no case', async (_, refunded, left) => {
  expect(await takenBackBehind(refunded, left)).toEqual([]);
});
