/** TPC-B as pgbench has it: its tables, its five statements between begin and end, each a round trip. */
import type pg from 'pg';

export type Scale = 1 | 10;
const accountsPerScale = 100_000;
const tellersPerScale = 10;

export async function createTpcb(owner: pg.Pool, scale: Scale): Promise<void> {
  const name = (table: string): string => `tpcb${String(scale)}_${table}`;
  await owner.query(`
    create table ${name('branches')} (bid int primary key, bbalance int, filler char(88)) with (fillfactor = 100);
    create table ${name('tellers')} (tid int primary key, bid int, tbalance int, filler char(84));
    create table ${name('accounts')} (aid int primary key, bid int, abalance int, filler char(84));
    create table ${name('history')} (tid int, bid int, aid int, delta int, mtime timestamp, filler char(22));
    insert into ${name('branches')} select n, 0, '' from generate_series(1, ${String(scale)}) n;
    insert into ${name('tellers')} select n, (n - 1) / ${String(tellersPerScale)} + 1, 0, ''
      from generate_series(1, ${String(scale * tellersPerScale)}) n;
    insert into ${name('accounts')} select n, (n - 1) / ${String(accountsPerScale)} + 1, 0, ''
      from generate_series(1, ${String(scale * accountsPerScale)}) n;
    grant select, insert, update on ${['branches', 'tellers', 'accounts', 'history'].map(name).join()} to tender_worker`);
  for (const table of ['branches', 'tellers', 'accounts']) {
    await owner.query(`vacuum analyze ${name(table)}`);
  }
}

const draw = (most: number): number => 1 + Math.floor(Math.random() * most);

export async function tpcb(pool: pg.Pool, scale: Scale): Promise<void> {
  const client = await pool.connect();
  const name = (table: string): string => `tpcb${String(scale)}_${table}`;
  // Prepared, as in `pgbench -M prepared`.
  const run = (step: string, text: string, values: number[]): Promise<unknown> =>
    client.query({ name: `tpcb${String(scale)}-${step}`, text, values });
  const [aid, bid, tid] = [
    draw(scale * accountsPerScale),
    draw(scale),
    draw(scale * tellersPerScale),
  ];
  const delta = draw(10_001) - 5_001;
  try {
    await client.query('begin');
    await run('account', `update ${name('accounts')} set abalance = abalance + $1 where aid = $2`, [delta, aid]); // prettier-ignore
    await run('select', `select abalance from ${name('accounts')} where aid = $1`, [aid]);
    await run('teller', `update ${name('tellers')} set tbalance = tbalance + $1 where tid = $2`, [delta, tid]); // prettier-ignore
    await run('branch', `update ${name('branches')} set bbalance = bbalance + $1 where bid = $2`, [delta, bid]); // prettier-ignore
    await run('history', `insert into ${name('history')} (tid, bid, aid, delta, mtime) values ($1, $2, $3, $4, current_timestamp)`, [tid, bid, aid, delta]); // prettier-ignore
    await client.query('end');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}
