/** Other ways of keeping the balance of one hot account, for ADR 30. What they leave behind is put right. */
import type pg from 'pg';
import { merchantId } from './entries.ts';
import { batchSize, ledgerCell } from './cells.ts';
import type { Cell, Pools } from './cells.ts';

const stripeCounts = [4, 16, 32] as const;

function setStripes(owner: pg.Pool, stripes: number): Promise<unknown> {
  return owner.query(
    `insert into account_settings (merchant_id, account, provider, currency, stripes) values ($1, '2100', 'hot0', 'USD', $2)
     on conflict (merchant_id, account, provider, currency) do update set stripes = excluded.stripes`,
    [merchantId, stripes],
  );
}

/** Stripes only grow, so the order is fixed. */
export function stripedCells(pools: Pools): readonly Cell[] {
  return stripeCounts.flatMap((stripes) =>
    [1, batchSize].map((size): Cell => {
      const cell = ledgerCell(
        pools,
        'hot',
        size,
        `hot x ${String(size)}, ${String(stripes)} stripes`,
      );
      return {
        ...cell,
        measure: async (seconds) => {
          await setStripes(pools.owner, stripes);
          return cell.measure(seconds);
        },
      };
    }),
  );
}

/** Insert-only at its best: no balance is locked, written or summed; the snapshots come on top. */
export function insertOnlyCells(pools: Pools): readonly Cell[] {
  return [1, batchSize].map((size): Cell => {
    const cell = ledgerCell(pools, 'hot', size, `hot x ${String(size)}, insert-only`);
    return {
      ...cell,
      measure: async (seconds) => {
        const { owner } = pools;
        await owner.query('alter table postings disable trigger postings_apply');
        try {
          return await cell.measure(seconds);
        } finally {
          await owner.query('alter table postings enable trigger postings_apply');
          await rebuildBalances(owner);
        }
      },
    };
  });
}

async function rebuildBalances(owner: pg.Pool): Promise<void> {
  await owner.query(
    `update account_balances b set posted_debits = coalesce(r.posted_debits, 0), posted_credits = coalesce(r.posted_credits, 0)
     from (select * from balances_at($1, 'infinity')) r
     where b.merchant_id = $1 and b.stripe = 0 and (b.account, b.provider, b.currency) = (r.account, r.provider, r.currency)`,
    [merchantId],
  );
  await owner.query(
    `update account_balances set posted_debits = 0, posted_credits = 0 where merchant_id = $1 and stripe > 0`,
    [merchantId],
  );
}
