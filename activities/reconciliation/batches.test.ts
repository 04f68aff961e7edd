/** The batch check in PostgreSQL: over several files, once, and never plugged. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  openSettlementWorld,
  type LineRow,
  type SettlementWorld,
} from '../../test/support/settlement-world.ts';
import { checkBatches } from './batches.ts';

let on: SettlementWorld;
let made = 0;
beforeAll(async () => {
  on = await openSettlementWorld();
});
afterAll(() => on.close());

const signal = new AbortController().signal;
const check = async (id: string): Promise<number> => {
  const { opened } = await checkBatches({ db: on.worker, signal }, await on.reconciliation(id));
  return opened;
};
const line = (values: Partial<LineRow>): Partial<LineRow> => ({
  ...{ kind: 'capture', gross: 100, currency: 'EUR', batch: `batch ${String(made)}` },
  ...values,
});
const payout = (gross: number, values: Partial<LineRow> = {}): Partial<LineRow> =>
  line({ kind: gross < 0 ? 'collection' : 'payout', gross, ...values });
const details = (id: string): Promise<readonly { suggestion: unknown }[]> =>
  on.rows.all(
    `select detail -> 'suggestion' as suggestion from breaks where reconciliation_id = $1`,
    [id],
  );

test('a batch that is paid as it is listed is in order, in each currency by itself', async () => {
  made += 1;
  const file = await on.file([
    ...[line({ fee: 3 }), line({ kind: 'refund', gross: -40 }), payout(57)],
    ...[line({ currency: 'JPY', kind: 'dispute', gross: -7 }), payout(-7, { currency: 'JPY' })],
  ]);
  expect(await check(file)).toBe(0);
  expect(await on.breaks(file)).toEqual([]);
});

test('what is not is a break of the payout, with the line that explains it, once', async () => {
  made += 1;
  const file = await on.file([line({ gross: 70 }), line({ gross: 30 }), payout(70)]);
  expect(await check(file)).toBe(1);
  expect(await on.breaks(file)).toMatchObject([
    { kind: 'batch', line: 3, amount: -30, status: 'open' },
  ]);
  const lines = [{ reconciliation_id: file, line: 2 }];
  expect(await details(file)).toEqual([{ suggestion: { what: 'listed_and_not_paid', lines } }]);
  expect([await check(file), (await on.breaks(file)).length]).toEqual([0, 1]);
});

test('a line of no batch explains what was paid beyond the listed ones', async () => {
  made += 1;
  const file = await on.file([
    ...[line({ gross: 70 }), payout(83)],
    ...[line({ batch: null, gross: 13 }), line({ batch: null, gross: 13, currency: 'JPY' })],
  ]);
  await check(file);
  const lines = [{ reconciliation_id: file, line: 3 }];
  expect(await details(file)).toEqual([{ suggestion: { what: 'paid_and_not_listed', lines } }]);
});

test('without its payout it waits; what comes in a later file ends the break, or changes it', async () => {
  made += 1;
  const first = await on.file([line({ gross: 70 })]);
  expect(await check(first)).toBe(0);
  const second = await on.file([payout(100)]);
  expect(await check(second)).toBe(1);
  expect(await on.breaks(second)).toMatchObject([{ amount: 30, status: 'open' }]);
  const third = await on.file([line({ gross: 10 })]);
  expect(await check(third)).toBe(1);
  expect((await on.breaks(second)).map((b) => `${String(b.amount)} ${b.status}`).sort()).toEqual([
    ...['20 open', '30 resolved'],
  ]);
  expect(await check(await on.file([line({ gross: 20 })]))).toBe(0);
  expect((await on.breaks(second)).map(({ status }) => status)).toEqual(['resolved', 'resolved']);
});

test('another provider has its own batches, whatever they are called', async () => {
  made += 1;
  await check(await on.file([line({ gross: 70 })]));
  expect(await check(await on.file([payout(70)], { provider: 'birch' }))).toBe(1);
});

test('eight at once open it once', async () => {
  made += 1;
  const file = await on.file([line({ gross: 70 }), payout(71)]);
  const opened = await Promise.all(Array.from({ length: 8 }, () => check(file)));
  expect(opened.toSorted()).toEqual([0, 0, 0, 0, 0, 0, 0, 1]);
});

test('of many differing batches in many lines each is said, in seconds', async () => {
  made += 1;
  const batch = (n: number): string => `many ${String(made)}/${String(n % 400)}`;
  const lines = Array.from({ length: 20_000 }, (_, n) => line({ gross: 100 + n, batch: batch(n) }));
  const sums = new Map<string, number>();
  for (const { batch: of = '', gross = 0 } of lines) {
    sums.set(of ?? '', (sums.get(of ?? '') ?? 0) + gross);
  }
  const paid = [...sums].map(([of, sum], n) => payout(sum - 100 - n, { batch: of }));
  const file = await on.file([...lines, ...paid]);
  const began = performance.now();
  expect(await check(file)).toBe(400);
  expect(performance.now() - began).toBeLessThan(5_000);
  const suggested = await details(file);
  expect(suggested.filter(({ suggestion }) => suggestion !== null)).toHaveLength(400);
});
