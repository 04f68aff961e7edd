/**
 * A provider takes back what it had reported as done (DESIGN 3: `succeeded → failed` on evidence, with
 * journal entries of its own).
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { requestCapture, requestRefund } from '../domain/commands.ts';
import { openBench, type Bench } from '../test/support/bench.ts';
import { differingPayments } from '../test/support/books.ts';

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
