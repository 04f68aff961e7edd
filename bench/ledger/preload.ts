/** Stores postings by COPY, as a restored ledger would have them: their balances are added up afterwards. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { coldAccounts, hotAccounts, merchantId } from './entries.ts';

/** A third on the hot accounts. */
const credited = `case when n % 3 = 0 then 'hot' || n % ${String(hotAccounts)} else 'cold' || n % ${String(coldAccounts)} end`;
const entryId = `'je_' || uuidv7(make_interval(secs => (n - $N) / 100.0))`;

export async function preload(owner: pg.Pool, home: string, postings: number): Promise<void> {
  const entries = Math.ceil(postings / 2);
  const folder = mkdtempSync(join(home, 'copy-'));
  // The server writes it, which may be another user.
  chmodSync(folder, 0o777);
  const file = (name: string): string => `'${join(folder, name)}'`;
  const client = await owner.connect();
  try {
    // Triggers do not fire: what they keep is computed below, and compared at the end as ever.
    await client.query('set session_replication_role = replica; set enable_seqscan = on');
    await client.query(`
      copy (select ${entryId.replace('$N', String(entries))} as id, n from generate_series(1, ${String(entries)}) n) to ${file('ids')};
      create temporary table ids (id text, n int);
      copy ids from ${file('ids')};
      copy (select id, '${merchantId}', 'preloaded-' || n, 'bench', 'posted', now(), sha256(id::bytea) from ids order by n)
        to ${file('entries')};
      copy journal_entries (id, merchant_id, key, event, state, effective_at, body_hash) from ${file('entries')};
      copy (select id, l, '${merchantId}', case l when 1 then '1100' else '2100' end,
          case l when 1 then 'cold' || n * 7 % ${String(coldAccounts)} else ${credited} end,
          case l when 1 then 'debit' else 'credit' end, 1 + n % 10000, 'USD'
        from ids cross join generate_series(1, 2) l order by n, l) to ${file('postings')};
      copy postings (entry_id, line, merchant_id, account, provider, side, amount, currency) from ${file('postings')};
      drop table ids`);
    await client.query(`
      insert into account_balances as b (merchant_id, account, provider, currency, posted_debits, posted_credits)
      select merchant_id, account, provider, currency, sum(case side when 'debit' then amount else 0 end),
        sum(case side when 'credit' then amount else 0 end)
      from postings where entry_id in (select id from journal_entries where key like 'preloaded-%') group by 1, 2, 3, 4
      on conflict (merchant_id, account, provider, currency, stripe) do update set
        posted_debits = b.posted_debits + excluded.posted_debits, posted_credits = b.posted_credits + excluded.posted_credits`);
    await client.query('vacuum analyze journal_entries');
    await client.query('vacuum analyze postings');
    await client.query('checkpoint');
  } finally {
    await client.query('reset all').catch(() => undefined);
    client.release();
    rmSync(folder, { recursive: true, force: true });
  }
}
