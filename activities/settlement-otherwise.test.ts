/** A line of a settlement file that names a thing of ours as something else: read once, never unseen. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { recordSettlement } from '../db/settlement.ts';
import { requestRefund } from '../domain/commands.ts';
import type { SettlementSays } from '../domain/settlement-evidence.ts';
import { openBench, type Bench } from '../test/support/bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

type Name = 'sale' | 'capture' | 'refund';

/** Sold for 100 in one call at cedar, refunded by 40. */
async function refunded(): Promise<{ id: string; ids: Readonly<Record<Name, string>> }> {
  const paymentMethod = { type: 'card' as const, tokens: { cedar: 'tok_visa' } };
  const id = await bench.accept('unused', { paymentMethod });
  await bench.settle(id);
  const refund = bench.deps.newId('ref');
  const ask = { operationId: refund, actor: 'api_key:test', amount: 40n, reason: 'x' };
  await bench.ask(id, (p) => requestRefund(p, ask));
  const { attempts, operations } = await bench.settle(id);
  const capture = operations.find(({ kind }) => kind === 'capture')?.id ?? '';
  return { id, ids: { sale: attempts[0]?.id ?? '', capture, refund } };
}

let files = 0;
async function importLine(reference: string, says: SettlementSays, amount: bigint): Promise<void> {
  files += 1;
  await recordSettlement(bench.db, {
    provider: 'cedar',
    ...{ coversFrom: '2020-01-01T00:00:00Z', coversTo: '2020-01-02T00:00:00Z' },
    lists: ['captured', 'refunded'],
    sourceHash: files.toString(16).padStart(64, '0'),
    statements: [
      { line: 1, reference, says, amount, currency: 'USD', providerReference: 'cedar_from_file' },
    ],
  });
}

const unhandled = (reference: string): Promise<readonly object[]> =>
  bench.rows.all(
    'select line from settlement_statements where reference = $1 and handled_at is null',
    [reference],
  );

test.each<[SettlementSays, Name]>([
  ['refunded', 'capture'],
  ['refunded', 'sale'],
  ['captured', 'refund'],
])('what was %s, of a %s, is before a person', async (says, about) => {
  const { id, ids } = await refunded();
  await importLine(ids[about], says, 30n);
  expect(await unhandled(ids[about])).toEqual([{ line: 1 }]);
  const { amountCaptured, amountRefunded } = await bench.settle(id);
  expect([amountCaptured, amountRefunded]).toEqual([100n, 40n]);
  expect(
    await bench.rows.all(
      'select kind, reason, amount::int, subject_id from cases where payment_id = $1',
      [id],
    ),
  ).toEqual([
    { kind: 'contradiction', reason: `listed_as_${says}`, amount: 30, subject_id: ids[about] },
  ]);
  expect(await unhandled(ids[about])).toEqual([]);
});

test('a sale that is listed as authorized as well is handled, and no case', async () => {
  const { id, ids } = await refunded();
  await importLine(ids.sale, 'authorized', 100n);
  await bench.settle(id);
  expect(await bench.rows.all('select from cases where payment_id = $1', [id])).toEqual([]);
  expect(await unhandled(ids.sale)).toEqual([]);
});
