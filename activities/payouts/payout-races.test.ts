/** Payouts at once, beside refunds and disputes: nothing is paid twice, and nothing that is not the merchant's. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { postMerchantEntries } from '../../db/ledger-posting.ts';
import type { JournalEntry } from '../../domain/journal-entry.ts';
import * as dispute from '../../domain/posting-rules/dispute.ts';
import { requestPayout } from '../../db/payouts.ts';
import { newId } from '../../runtime/ids.ts';
import { countOf, verdictOf } from '../../test/support/payment-database.ts';
import {
  askForAll,
  closeProven,
  openPayoutWorld,
  type PayoutWorld,
} from '../../test/support/payouts.ts';

let on: PayoutWorld;
beforeEach(async () => {
  on = await openPayoutWorld();
});
afterEach(() => closeProven(on));
const asked = (account?: string): Promise<string> => askForAll(on, account);

describe('at once', () => {
  test('ten processes send one payout once', async () => {
    const id = await asked();
    // Connections are there, so that all ten read it before the first has written.
    await Promise.all(Array.from({ length: 10 }, () => on.payout(id)));
    await Promise.all(Array.from({ length: 10 }, () => on.drive(id)));
    expect((await on.payout(id)).sent_count).toBe(1);
    await on.hours(25);
    await Promise.all(Array.from({ length: 10 }, () => on.resolveAll()));
    expect([await on.booked(id), await on.money()]).toEqual([['payout 5000'], { bank: -5_000 }]);
  });

  test('of many that ask for the same money as many have it as there is money for', async () => {
    await on.payTo('ba_payout');
    await on.earn(1_000n);
    const answers = await Promise.all(Array.from({ length: 10 }, () => on.ask(400n)));
    expect(countOf(answers.map((a) => (a.startsWith('po_') ? 'asked' : a)))).toEqual({
      ...{ asked: 2, payout_exceeds_available: 8 },
    });
    expect(await on.money()).toEqual({ available: 200, in_payout: 800 });
  });

  test('two runs of a schedule make one payout a turn, and another the next day', async () => {
    await on.payTo('ba_payout', { schedule: 'daily', minimums: { USD: 500 } });
    await on.earn(499n);
    expect(await on.runAll()).toBe(0);
    await on.earn(501n);
    const made = await Promise.all([on.runAll(), on.runAll(), on.runAll()]);
    expect(made.reduce((sum, n) => sum + n, 0)).toBe(1);
    await on.earn(700n);
    expect(await on.runAll()).toBe(0);
    await on.hours(24);
    expect(await on.runAll()).toBe(1);
    const rows = await on.rows.all('select amount::int from payouts order by id');
    expect(rows).toEqual([{ amount: 1_000 }, { amount: 700 }]);
    // A run that had listed the turn before the other one made it.
    await on.earn(900n);
    const { turn } = await on.rows.one<{ turn: string }>(
      'select max(turn)::text as turn from payouts',
    );
    const late = { merchantId: on.merchant, currency: 'USD', amount: null, turn, requestedBy: 'x' };
    const asked = on.worker
      .transaction()
      .execute((trx) => requestPayout(trx, { id: newId('po'), ...late }));
    expect(await verdictOf(asked)).toBe('payouts_once_per_turn');
  });

  test('a refund and a payout of the same money: never both, or the merchant owes it', async () => {
    await on.payTo('ba_payout');
    const sale = await on.earn(1_000n);
    const [answer] = await Promise.all([on.ask(), on.refund(sale, 600n)]);
    await on.run();
    const money = await on.money();
    const paid = answer.startsWith('po_') ? Number((await on.payout(answer)).amount) : 0;
    expect([1_000, 400]).toContain(paid);
    expect(money).toEqual(
      paid === 1_000 ? { in_payout: 1_000, negative: 600 } : { in_payout: 400 },
    );
  });
});

describe('nothing is paid', () => {
  const books = { fundModel: 'facilitator', currency: 'USD' } as const;
  const post = (...entries: readonly JournalEntry[]): Promise<void> =>
    on.worker.transaction().execute((trx) => postMerchantEntries(trx, on.merchant, entries));

  test('of what a dispute or a refund under way may still take; lost, it is taken', async () => {
    await on.payTo('ba_payout');
    const [sale, other] = [await on.earn(1_000n), await on.earn(500n)];
    const of = { id: 'dsp_1', provider: 'alder', amount: 1_000n, fee: 15n };
    await post(
      dispute.disputeOpenedEntry(books, of),
      dispute.disputeFeeChargedEntry(books, of, 15n),
    );
    await on.operate(
      await on.state(other.payment.id),
      { kind: 'refund', amount: 200n },
      {
        kind: 'unknown',
        evidence: { kind: 'provider_reply', provider: 'alder', detail: 'deadline' },
      },
    );
    expect(await on.ask(286n)).toBe('payout_exceeds_available');
    expect(await on.ask(285n)).toMatch(/^po_/);
    expect(sale.captureId).toMatch(/^op_/);
    await post(dispute.disputeLostEntry(books, of, of.amount));
    await on.run();
    expect(await on.money()).toEqual({ available: 200, in_payout: 285 });
    expect(await on.ask()).toBe('payout_below_minimum');
  });

  test('while a dispute is lost in the same moment, beyond what it leaves', async () => {
    await on.payTo('ba_payout');
    await on.earn(1_000n);
    await on.run();
    const of = { id: 'dsp_1', provider: 'alder', amount: 700n, fee: 0n };
    await post(dispute.disputeOpenedEntry(books, of));
    const [answer] = await Promise.all([on.ask(), post(dispute.disputeLostEntry(books, of, 700n))]);
    expect((await on.payout(answer)).amount).toBe('300');
    await on.run();
    expect(await on.money()).toEqual({ in_payout: 300 });
  });

  test('of what a merchant owes, of what may be refunded, and without an account', async () => {
    await on.settle({ delay_days: 0 });
    const sale = await on.earn(1_000n);
    expect(await on.ask()).toBe('payout_destination_missing');
    await on.payTo('ba_payout');
    await on.drive(await on.ask());
    await on.refund(sale, 300n);
    await on.earn(200n);
    expect([await on.ask(), await on.ask(1n)]).toEqual([
      'payout_below_minimum',
      'payout_exceeds_available',
    ]);
    expect(await on.money()).toEqual({ in_payout: 1_000, negative: 100 });
  });

  test('by a row that takes no money, or one that says what its entries do not', async () => {
    const id = await asked();
    const destination = { provider: 'bank', token: 't', last4: '1', holder: 'x' };
    const verdict = (statement: string): Promise<string> => verdictOf(on.rows.all(statement));
    expect(
      await verdict(`insert into payouts (id, merchant_id, currency, amount, destination, basis, requested_by)
        values ('po_x', '${on.merchant}', 'USD', 1, '${JSON.stringify(destination)}', '{}', 'x')`),
    ).toBe('payout_takes_its_amount');
    const move = (patch: string): Promise<string> =>
      verdict(`update payouts set version = version + 1, ${patch} where id = '${id}'`);
    expect(await move(`status = 'paid', sent_count = 1`)).not.toBe('accepted');
    expect(await move(`status = 'failed', failure_code = 'x'`)).toBe('payout_moves_its_money');
    expect(await move(`sent_count = 1, send_by = now(), key_horizon = now()`)).toBe('TD002');
    expect(await move('amount = 1')).toBe('TD002');
  });
});
