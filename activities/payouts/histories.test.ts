/**
 * Random histories of one merchant: captures, refunds, disputes, availability, reserves, payouts and what its bank
 * does with them. After every step the merchant's money is what was captured less what went elsewhere, to the minor unit.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { postMerchantEntries } from '../../db/ledger-posting.ts';
import { allocate } from '../../domain/money.ts';
import * as dispute from '../../domain/posting-rules/dispute.ts';
import { createRandom } from '../../scripts/drill/random.ts';
import { openPayoutWorld, type PayoutWorld } from '../../test/support/payouts.ts';
import type { Sale } from '../../test/support/settlement-world.ts';

const seed = Number(process.env['TENDER_TEST_SEED'] ?? Date.now() % 2 ** 31);
let on: PayoutWorld;
beforeAll(async () => {
  process.stderr.write(`payout histories: TENDER_TEST_SEED=${String(seed)}\n`);
  on = await openPayoutWorld();
});
afterAll(() => on.close());

interface Earned {
  readonly sale: Sale;
  left: bigint;
}

const accounts = [
  'ba_payout',
  'ba_payout',
  'ba_payout_returned',
  'ba_payout_fails',
  'ba_payout_lost_reply',
];

test('the money of a merchant adds up after every step', async () => {
  const { between } = createRandom('payouts', seed);
  const draw = (below: number): number => between(0, below - 1);
  const currency = ['EUR', 'JPY', 'KWD'][draw(3)] ?? 'EUR';
  const earned: Earned[] = [];
  // What the merchant should have, by what happened and not by the books.
  let due = 0n;
  const disputed = async ({ sale, left }: Earned): Promise<void> => {
    const books = { fundModel: 'facilitator', currency } as const;
    const of = { id: `dsp_${sale.captureId}`, provider: 'alder', amount: left, fee: 7n };
    await on.worker
      .transaction()
      .execute((trx) =>
        postMerchantEntries(trx, on.merchant, [
          dispute.disputeOpenedEntry(books, of),
          dispute.disputeFeeChargedEntry(books, of, of.fee),
          dispute.disputeLostEntry(books, of, of.amount),
        ]),
      );
    due -= left + of.fee;
  };
  const steps: readonly (() => Promise<unknown>)[] = [
    async () => {
      const amount = BigInt(1 + draw(5_000));
      earned.push({ sale: await on.earn(amount, currency), left: amount });
      due += amount;
    },
    async () => {
      const one = earned[draw(Math.max(1, earned.length))];
      if (one === undefined || one.left === 0n) return;
      const [part = 0n] = allocate(one.left, [BigInt(1 + draw(9)), BigInt(draw(9))]);
      await on.refund(one.sale, part);
      one.left -= part;
      due -= part;
    },
    async () => {
      const one = earned[draw(Math.max(1, earned.length))];
      if (one === undefined || one.left === 0n || draw(3) > 0) return;
      await disputed(one);
      one.left = 0n;
    },
    () => on.run(),
    () => on.release(),
    () => on.ask(draw(2) === 0 ? undefined : BigInt(1 + draw(2_000)), currency),
    () => on.resolveAll(),
    () => on.hours(1 + draw(40)),
  ];
  const destination = (token: string): object => ({
    provider: 'bank',
    token,
    last4: '1',
    holder: 'x',
  });
  for (let n = 0; n < 300; n += 1) {
    await on.settle({
      ...{ delay_days: draw(3), reserve_basis_points: draw(3) * 500, reserve_days: 2 },
      destinations: { [currency]: destination(accounts[draw(accounts.length)] ?? '') },
    });
    await steps[draw(steps.length)]?.();
    const money = await on.money(currency);
    const {
      pending = 0,
      available = 0,
      reserved = 0,
      in_payout = 0,
      negative = 0,
      bank = 0,
    } = money;
    const has = pending + available + reserved + in_payout - negative;
    // What left our bank account is what was paid to the merchant.
    expect([n, has]).toEqual([n, Number(due) + bank]);
    expect(Math.min(available, reserved, in_payout)).toBeGreaterThanOrEqual(0);
  }
  for (let n = 0; n < 8; n += 1) {
    await on.hours(30);
    await on.resolveAll();
  }
  const booked = await on.sandbox.books('bank');
  const paid = booked.reduce(
    (sum, { operation, amount }) => sum + (operation === 'payout' ? amount : -amount),
    0,
  );
  const end = await on.money(currency);
  // A history in which nothing was paid shows nothing.
  expect(booked.length).toBeGreaterThan(2);
  expect([end['in_payout'] ?? 0, -(end['bank'] ?? 0)]).toEqual([0, paid]);
}, 120_000);
