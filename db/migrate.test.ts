/** Migrations on a fresh database: once, twice, and by two at once. */
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { testAddresses } from '../test/support/addresses.ts';
import { verdictOf } from '../test/support/payment-database.ts';
import { openRows, type Rows } from '../test/support/rows.ts';
import { waitFor } from '../test/support/wait.ts';
import { migrate } from './migrate.ts';

const migrationFiles = readdirSync(join(import.meta.dirname, 'migrations')).length;

describe('migrations', () => {
  const keep = { apiPassword: undefined, workerPassword: undefined };
  async function onFreshDatabase(run: (url: string, rows: Rows) => Promise<void>): Promise<void> {
    const admin = openRows(testAddresses().databaseUrl);
    const name = `tender_fresh_${randomUUID().replaceAll('-', '')}`;
    await admin.all(`create database ${name}`);
    const url = new URL(testAddresses().databaseUrl);
    url.pathname = `/${name}`;
    const rows = openRows(url.href);
    try {
      await run(url.href, rows);
    } finally {
      await rows.close();
      // Not forced: migrate's own connections are still on their way out.
      await waitFor(() => admin.all(`drop database ${name}`));
      await admin.close();
    }
  }
  const contents = (rows: Rows): Promise<unknown> =>
    rows.all(`select (select jsonb_agg(t order by t.name) from kysely_migration t) as migrations,
      (select jsonb_agg(t order by t.code) from accounts t) as accounts,
      (select jsonb_agg(t order by t) from status_transitions t) as moves`);

  test('a second run changes nothing', async () => {
    await onFreshDatabase(async (url, rows) => {
      expect(await migrate(url, keep)).toHaveLength(migrationFiles);
      const once = await contents(rows);
      expect(await migrate(url, keep)).toEqual([]);
      expect(await contents(rows)).toEqual(once);
    });
  });

  test('two at once on a fresh database both succeed, and each file ran once', async () => {
    await onFreshDatabase(async (url) => {
      const both = await Promise.all([migrate(url, keep), migrate(url, keep)]);
      expect(both.flat()).toHaveLength(migrationFiles);
    });
  });

  test('two at once on a migrated database both succeed, whatever their timing', async () => {
    await onFreshDatabase(async (url, rows) => {
      await migrate(url, keep);
      const first = new pg.Client({ connectionString: url });
      await first.connect();
      // What a first run does in writeReferenceData, held open until the second waits for it.
      await first.query('begin');
      await first.query('create temporary table moves on commit drop as table status_transitions');
      await first.query('delete from status_transitions');
      await first.query('insert into status_transitions table moves');
      const second = verdictOf(migrate(url, keep));
      await waitFor(async () => {
        await rows.one(
          `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`,
        );
      });
      await first.query('commit');
      await first.end();
      expect(await second).toBe('accepted');
    });
  });
});
