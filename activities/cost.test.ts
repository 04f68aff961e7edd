/** The cost of a payment must not grow with the payments stored: rows and index entries it reads. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { requestRefund } from '../domain/commands.ts';
import { openBench, type Bench } from '../test/support/bench.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

/** Both roles' way: accepted by the API, captured by the worker, refunded on request. */
async function payAndRefund(): Promise<void> {
  const id = await bench.accept('tok_visa');
  await bench.settle(id);
  const ask = { operationId: bench.deps.newId('ref'), actor: 'api_key:test', reason: 'x' };
  await bench.ask(id, (payment) => requestRefund(payment, ask));
  await bench.settle(id);
}

const readRows = `
  select relname as name, (seq_tup_read + coalesce(idx_tup_fetch, 0) + coalesce((
      select sum(i.idx_tup_read) from pg_stat_user_indexes i where i.relid = t.relid), 0))::int as read
  from pg_stat_user_tables t`;

/** Backends report what they have read when they end; the pools open new ones. */
async function rowsRead(): Promise<Map<string, number>> {
  await bench.rows.all(`
    select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and usename in ('tender_api', 'tender_worker')`);
  await bench.rows.all('select pg_stat_clear_snapshot()');
  const rows = await bench.rows.all<{ name: string; read: number }>(readRows);
  return new Map(rows.map(({ name, read }) => [name, read]));
}

async function costOf(payments: number): Promise<Map<string, number>> {
  const before = await rowsRead();
  for (let i = 0; i < payments; i += 1) await payAndRefund();
  const after = await rowsRead();
  return new Map(
    [...after].map(([name, read]) => [name, (read - (before.get(name) ?? 0)) / payments]),
  );
}

test('a payment reads as few rows among 150 others as among ten', async () => {
  // Tables without statistics: there a planner is most easily mistaken, and its plans stay.
  for (const table of ['payments', 'attempts', 'operations', 'outbox', 'timeline']) {
    await bench.rows.all(`alter table ${table} set (autovacuum_enabled = off)`);
  }
  for (const table of ['idempotency_keys', 'journal_entries', 'postings']) {
    await bench.rows.all(`alter table ${table} set (autovacuum_enabled = off)`);
  }
  const among10 = await costOf(10);
  const among150 = await costOf(140);
  expect(among10.get('payments')).toBeGreaterThan(0);
  const grown = [...among150].filter(([name, read]) => read > 5 + 1.3 * (among10.get(name) ?? 0));
  expect(grown).toEqual([]);
}, 60_000);
