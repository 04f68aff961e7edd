/** Matching in PostgreSQL: what the database decides by itself is what the domain says, and each break has its name. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { matchCleanLines } from './matching.ts';
import { declined, pending } from '../test/support/payments.ts';
import {
  openSettlementWorld,
  type LineRow,
  type Sale,
  type SettlementWorld,
} from '../test/support/settlement-world.ts';

let on: SettlementWorld;
beforeAll(async () => {
  on = await openSettlementWorld();
});
afterAll(() => on.close());

const day = 86_400_000;
const daysAgo = (days: number): string => new Date(Date.now() - days * day).toISOString();

describe('one line and one sale', () => {
  const unnamed = { reference: null, provider_reference: null };
  test.each<[string, Partial<LineRow>, number | null, string[]]>([
    ['by both ids', {}, 1, []],
    ['by our reference alone', { provider_reference: null }, 2, []],
    ['by its own id alone', { reference: null }, 1, []],
    ['a day later', { occurred_at: daysAgo(0.9) }, 1, []],
    [
      'for nothing known',
      { reference: 'att_x', provider_reference: 'x' },
      null,
      ['missing_internal'],
    ],
    ['of a kind we do not know', { kind: 'unknown', word: 'Rebate' }, null, ['orphan']],
    ['that adjusts something', { kind: 'adjustment' }, null, ['orphan']],
    ['of another amount', { gross: 9_999 }, 1, ['amount']],
    ['in another currency', { currency: 'EUR' }, null, ['currency']],
    ['under another reference', { reference: 'order-17' }, 1, ['reference']],
    ['six days before', { occurred_at: daysAgo(6) }, 1, ['time']],
    [
      'converted, and nobody knows the rate',
      { currency: 'EUR', gross: 9_000, charged: 10_000, charged_currency: 'USD' },
      1,
      ['fx'],
    ],
    ['of the other direction', { kind: 'refund', gross: -10_000 }, null, ['state']],
    ['on the amount alone', unnamed, null, ['missing_internal']],
  ])('%s', async (_, values, tier, names) => {
    const sale = await on.sale();
    const file = await on.file([on.lineOf(sale, values)]);
    const before = await on.match(file);
    expect(before).toEqual({ matched: tier === null ? 0 : 1, opened: names.length });
    const found = await on.matches(file);
    expect(found).toEqual(tier === null ? [] : [{ line: 1, subject_id: sale.captureId, tier }]);
    const breaks = await on.breaks(file);
    expect(breaks.map(({ kind }) => kind)).toEqual(names);
    // Twice is once.
    expect(await on.match(file)).toEqual({ matched: 0, opened: 0 });
    expect(await on.match(file, true)).toEqual({ matched: 0, opened: 0 });
    expect([await on.matches(file), await on.breaks(file)]).toEqual([found, breaks]);
  });
});

test('the same money twice is matched once, in one file and in the next', async () => {
  const sale = await on.sale();
  const again = on.lineOf(sale, { provider_reference: 'another movement' });
  const file = await on.file([on.lineOf(sale), again]);
  await on.match(file);
  expect(await on.matches(file)).toMatchObject([{ line: 1, tier: 1 }]);
  expect(await on.breaks(file)).toMatchObject([{ kind: 'duplicate_external', line: 2 }]);
  const next = await on.file([on.lineOf(sale, { provider_reference: 'a third one' })]);
  await on.match(next);
  expect(await on.breaks(next)).toMatchObject([{ kind: 'duplicate_external', line: 1 }]);
});

test('a whole and what is taken back of it are netted', async () => {
  const sale = await on.sale({ amount: 6_000n });
  const whole = on.lineOf(sale, { gross: 10_000 });
  const file = await on.file([whole, { ...whole, kind: 'capture_reversal', gross: -4_000 }]);
  expect(await on.match(file)).toEqual({ matched: 2, opened: 0 });
});

test('in parts over two files: short until the rest is there', async () => {
  const sale = await on.sale();
  const first = await on.file([on.lineOf(sale, { gross: 6_000 })]);
  await on.match(first);
  expect(await on.breaks(first)).toMatchObject([
    { kind: 'amount', amount: -4_000, status: 'open' },
  ]);
  const second = await on.file([on.lineOf(sale, { gross: 4_000 })]);
  await on.match(second);
  expect(await on.breaks(second)).toEqual([]);
  await on.endExplained();
  expect(await on.breaks(first)).toMatchObject([
    { status: 'resolved', reason: 'its lines add up' },
  ]);
});

test('what is not done is asked for, and is matched once it is done', async () => {
  const sale = await on.sale({ outcome: pending() });
  const file = await on.file([on.lineOf(sale)]);
  await on.match(file);
  expect(await on.breaks(file)).toMatchObject([{ kind: 'state', status: 'open' }]);
  const woken = await on.rows.one(
    `select p.wake_at is not null as wakes, a.due_at <= tender_now() as due from payments p join attempts a on a.payment_id = p.id
     where p.id = $1`,
    [sale.payment.id],
  );
  expect(woken).toEqual({ wakes: true, due: true });
  await on.told(sale, on.yes(sale));
  expect(await on.match(file, true)).toEqual({ matched: 1, opened: 0 });
  expect(await on.breaks(file)).toMatchObject([{ kind: 'state', status: 'resolved' }]);
});

test('what was captured, taken back, and listed in a file each is nothing and comes to be in order', async () => {
  const sale = await on.sale();
  await on.told(sale, declined());
  const line = on.lineOf(sale);
  const first = await on.file([line]);
  await on.match(first);
  await on.endExplained();
  expect(await on.breaks(first)).toMatchObject([{ kind: 'state', status: 'open' }]);
  const second = await on.file([{ ...line, kind: 'capture_reversal', gross: -10_000 }]);
  await on.match(second);
  await on.endExplained();
  for (const file of [first, second]) {
    expect(await on.breaks(file)).toMatchObject([{ status: 'resolved', reason: 'matched' }]);
    expect(await on.matches(file)).toEqual([{ line: 1, subject_id: sale.captureId, tier: 2 }]);
  }
});

test('what was captured, taken back, and listed with both is nothing and is in order', async () => {
  const sale = await on.sale();
  await on.told(sale, declined());
  const line = on.lineOf(sale);
  const file = await on.file([line, { ...line, kind: 'capture_reversal', gross: -10_000 }]);
  expect(await on.match(file)).toEqual({ matched: 2, opened: 0 });
});

/** Mulberry32. */
function drawer(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

test.each([1, 2, 3])(
  'with and without the matches of the database the outcome is one and the same, draw %i',
  async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const draw = drawer(seed);
    const sales: Sale[] = [];
    const merchantId = await on.newMerchant();
    for (let n = 0; n < 60; n += 1) {
      sales.push(await on.sale({ merchantId, amount: BigInt(100 * (1 + draw(4))) }));
    }
    const pick = <T>(values: readonly T[]): T => values[draw(values.length)] as T;
    const lines = Array.from({ length: 90 }, () => {
      const sale = pick(sales);
      const other = pick(sales);
      return on.lineOf(sale, {
        reference: pick([
          sale.attemptId,
          sale.attemptId,
          sale.captureId,
          other.attemptId,
          sale.payment.id,
          null,
          'x',
        ]),
        provider_reference: pick([
          sale.providerReference,
          sale.providerReference,
          other.providerReference,
          null,
          'y',
        ]),
        parent_reference: pick([sale.providerReference, null, 'z']),
        gross: pick([Number(sale.payment.amount), Number(sale.payment.amount), 300, -300]),
        kind: pick([
          'capture',
          'capture',
          'capture',
          'capture',
          'refund',
          'capture_reversal',
          'unknown',
        ]),
        currency: pick(['USD', 'USD', 'USD', 'EUR']),
        occurred_at: pick([null, null, daysAgo(3), daysAgo(9)]),
      });
    });
    lines.push(on.lineOf(await on.sale({ merchantId })));
    const outcome = async (isSetWise: boolean): Promise<unknown> => {
      const file = await on.file(lines);
      const setWise = isSetWise ? await matchCleanLines(on.worker, file, 1, 1_000) : 0;
      await on.explain(file);
      const breaks = await on.breaks(file);
      const matches = await on.matches(file);
      await on.rows.all('delete from settlement_matches where reconciliation_id = $1', [file]);
      await on.rows.all('delete from breaks where reconciliation_id = $1', [file]);
      if (isSetWise) expect(setWise).toBeGreaterThan(0);
      return {
        seed,
        matches,
        breaks: breaks.map(({ kind, line, subject_id, amount }) => ({
          kind,
          line,
          subject_id,
          amount,
        })),
      };
    };
    expect(await outcome(true)).toEqual(await outcome(false));
  },
);
