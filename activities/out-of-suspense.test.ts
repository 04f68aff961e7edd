/** What was captured in excess and goes again, by itself or by hand: ceilings, suspense and cases say the same. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { requestCapture, requestRefund } from '../domain/commands.ts';
import { excessStanding, refundable } from '../domain/payment-state.ts';
import type { Provider, ProviderOutcome } from '../domain/provider.ts';
import { openBench, type Bench } from '../test/support/bench.ts';
import { approved, declined } from '../test/support/payments.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const actor = 'api_key:test';
const refuses = declined('processing_error');

type Behaves = (real: Provider) => Partial<Provider>;
/** Does it, and says no. */
const lies: Behaves = (real) => ({
  capture: async (request) => (await real.capture?.(request), refuses),
  refund: async (request) => (await real.refund?.(request), refuses),
});
const says = (outcome: ProviderOutcome): Partial<Provider> => ({
  refund: async ({ amountMinor }) =>
    outcome.kind === 'approved' ? { ...outcome, amountMinor } : outcome,
  lookup: async () => ({
    kind: 'found',
    outcome: { ...outcome, evidence: { ...outcome.evidence, kind: 'lookup' } },
  }),
});

async function capture(id: string, amount: bigint, final: boolean, as: Behaves): Promise<string> {
  const operationId = bench.deps.newId('op');
  const contractOf = (name: string) => {
    const provider = bench.deps.providers.get(name);
    if (provider === undefined) throw new Error(name);
    return provider.contract;
  };
  await bench.ask(id, (p) => requestCapture(p, { operationId, actor, amount, final }, contractOf));
  await bench.process({ provider: as }).operationExecute({ paymentId: id, operationId });
  return operationId;
}

/** By hand, as the API asks for it. */
async function refund(id: string, amount: bigint, outcome: ProviderOutcome): Promise<string> {
  const operationId = bench.deps.newId('ref');
  await bench.ask(id, (p) => requestRefund(p, { operationId, actor, amount, reason: 'x' }));
  const process = bench.process({ provider: () => says(outcome) });
  await process.operationExecute({ paymentId: id, operationId });
  return operationId;
}

/** Looked at again, with that answer; `real`: what the sandbox says. */
async function looked(id: string, operationId: string, outcome?: ProviderOutcome): Promise<void> {
  await bench.rows.all('update operations set due_at = tender_now() where id = $1', [operationId]);
  const process = bench.process({ provider: () => (outcome ? says(outcome) : {}) });
  await process.operationResolve({ paymentId: id, operationId });
}

/** 60 captured behind a no, 40 in time, and the 60 on their way back, which `outcome` answers. */
async function inExcess(outcome: ProviderOutcome): Promise<{ id: string; back: string }> {
  const id = await bench.accept('tok_visa', { captureMethod: 'manual' });
  await bench.settle(id);
  const first = await capture(id, 60n, false, lies);
  await capture(id, 40n, true, () => ({}));
  await looked(id, first);
  const back = (await bench.state(id)).operations.at(-1)?.id ?? '';
  const process = bench.process({ provider: () => says(outcome) });
  await process.operationExecute({ paymentId: id, operationId: back });
  return { id, back };
}

/** On 2900 stands what was captured in excess and is not on its way; and what may still be refunded. */
async function stands(id: string): Promise<readonly [suspense: number, refundable: bigint]> {
  const { sum } = await bench.rows.one<{ sum: number }>(
    `select coalesce(sum(case l.side when 'credit' then l.amount else -l.amount end), 0)::int as sum
     from postings l join journal_entries e on e.id = l.entry_id
     where e.payment_id = $1 and l.account = '2900' and e.state = 'posted'`,
    [id],
  );
  const payment = await bench.state(id);
  expect(BigInt(sum)).toBe(excessStanding(payment));
  return [sum, refundable(payment)];
}
const casesOf = (id: string): Promise<readonly object[]> =>
  bench.rows.all(
    `select kind, status, amount::int, reason from cases where payment_id = $1 order by opened_at, id`,
    [id],
  );
const captured = { kind: 'excess', amount: 60, reason: 'captured_in_excess' };

test('a return that failed is made by hand: out of suspense, and its case is closed', async () => {
  const { id } = await inExcess(refuses);
  expect(await stands(id)).toEqual([60, 100n]);
  // A part first: the rest stands, and waits.
  await refund(id, 20n, approved());
  expect(await stands(id)).toEqual([40, 80n]);
  expect(await casesOf(id)).toEqual([{ ...captured, status: 'open' }]);
  // Refused, it goes nowhere; then more than stands there, the rest of it out of what was captured.
  await refund(id, 40n, refuses);
  expect(await stands(id)).toEqual([40, 80n]);
  await refund(id, 50n, approved());
  expect(await stands(id)).toEqual([0, 30n]);
  expect(await casesOf(id)).toEqual([{ ...captured, status: 'closed' }]);
});

test('a return that was done and fails late stands there again, until it is made by hand', async () => {
  const { id, back } = await inExcess(approved());
  expect(await stands(id)).toEqual([0, 40n]);
  await looked(id, back, declined('late_failure'));
  expect(await stands(id)).toEqual([60, 100n]);
  const again = { kind: 'excess', amount: 60, reason: 'return_taken_back' };
  expect(await casesOf(id)).toEqual([
    { ...captured, status: 'closed' },
    { ...again, status: 'open' },
  ]);
  const byHand = await refund(id, 60n, approved());
  expect(await stands(id)).toEqual([0, 40n]);
  expect((await casesOf(id)).at(-1)).toEqual({ ...again, status: 'closed' });
  // And by hand as well, it may fail late.
  await looked(id, byHand, declined('late_failure'));
  expect(await stands(id)).toEqual([60, 100n]);
  expect((await casesOf(id)).at(-1)).toEqual({ ...again, status: 'open' });
});

test('made by hand, and then the one that had failed is found done: beyond what there was', async () => {
  const { id, back } = await inExcess(refuses);
  await refund(id, 60n, approved());
  await refund(id, 40n, approved());
  await looked(id, back, approved({ amountMinor: 60n }));
  expect(await bench.state(id)).toMatchObject({ amountRefunded: 160n, amountExcess: 120n });
  // Nothing stood there any more: it is 1900's, and before a person.
  expect(await stands(id)).toEqual([0, 0n]);
  expect((await casesOf(id)).at(-1)).toMatchObject({ amount: 60, reason: 'refunded_in_excess' });
  await looked(id, back, declined('late_failure'));
  expect(await stands(id)).toEqual([0, 0n]);
});

test('what was refunded beyond what there was ends with the refund that made it so', async () => {
  const id = await bench.accept('tok_visa');
  await bench.settle(id);
  const first = await refund(id, 30n, refuses);
  await refund(id, 90n, approved());
  await looked(id, first, approved({ amountMinor: 30n }));
  expect(await bench.state(id)).toMatchObject({ amountRefunded: 120n, amountExcess: 20n });
  await looked(id, first, declined('late_failure'));
  const payment = await bench.state(id);
  expect(payment).toMatchObject({ amountRefunded: 90n, amountExcess: 0n });
  expect(refundable(payment)).toBe(10n);
});
