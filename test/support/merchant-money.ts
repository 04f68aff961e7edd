/** A facilitator's merchant on a database of one's own: what it earns, and what becomes of that. */
import { makeAvailable } from '../../activities/payouts/make-available.ts';
import { releaseReserves } from '../../activities/payouts/release-reserves.ts';
import { openSettlementWorld, type Sale, type SettlementWorld } from './settlement-world.ts';
import { approved } from './payments.ts';

/** Available, reserved, owed … in minor units, as the books have it; what is zero is left out. */
export type Money = Readonly<Record<string, number>>;

export interface MerchantMoney extends SettlementWorld {
  readonly merchant: string;
  /** As two people have decided it. */
  settle(payouts: Readonly<Record<string, unknown>>): Promise<void>;
  earn(amount: bigint, currency?: string): Promise<Sale>;
  /** Lists them in a file of their provider, matched and posted. */
  announce(...sales: readonly Sale[]): Promise<void>;
  refund(sale: Sale, amount: bigint): Promise<void>;
  days(count: number): Promise<void>;
  /** How many commits it took. */
  run(): Promise<number>;
  release(): Promise<number>;
  money(currency?: string): Promise<Money>;
}

const names: Readonly<Record<string, string>> = {
  ...{ '1310': 'negative', '2100': 'pending', '2110': 'available', '2120': 'reserved' },
  ...{ '2130': 'in_payout', '1010': 'bank' },
};

export async function openMerchantMoney(): Promise<MerchantMoney> {
  const world = await openSettlementWorld();
  const merchant = await world.newMerchant({ fundModel: 'facilitator' });
  const signal = new AbortController().signal;
  return {
    ...world,
    merchant,
    settle: async (payouts) => {
      await world.rows.all('update merchants set payouts = $2 where id = $1', [
        merchant,
        JSON.stringify(payouts),
      ]);
    },
    earn: (amount, currency = 'USD') => world.sale({ merchantId: merchant, amount, currency }),
    announce: async (...sales) => {
      const id = await world.file(sales.map((sale) => world.lineOf(sale)));
      await world.match(id);
      await world.rows.all(`update reconciliations set status = 'posted' where id = $1`, [id]);
    },
    refund: async ({ payment }, amount) => {
      const { id, currency } = payment;
      await world.operate(
        await world.state(id),
        { kind: 'refund', amount },
        approved({ amountMinor: amount, currency: currency as 'USD' }),
      );
    },
    days: (count) => world.pass(24 * count),
    run: async () => (await makeAvailable({ db: world.worker, signal })).batches,
    release: async () => (await releaseReserves({ db: world.worker, signal })).released,
    money: async (currency = 'USD') => {
      const rows = await world.rows.all<{ account: string; owed: number }>(
        `select account, sum(posted_credits - posted_debits)::int as owed from account_balances
         where merchant_id = $1 and currency = $2 group by 1 order by 1`,
        [merchant, currency],
      );
      const money: Record<string, number> = {};
      for (const { account, owed } of rows) {
        const name = names[account];
        if (name !== undefined && owed !== 0) money[name] = account < '2000' ? -owed : owed;
      }
      return money;
    },
  };
}
