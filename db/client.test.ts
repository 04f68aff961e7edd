/** A server that dies inside a transaction costs the transaction, never the process. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '../test/support/database.ts';
import { connectDb } from './client.ts';
import { isTransient } from './errors.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('a connection killed between two statements fails the transaction as transient, and the next works', async () => {
  const seen: Error[] = [];
  const db = connectDb({
    url: database.workerUrl,
    applicationName: 'killed',
    poolSize: 1,
    onError: (error) => seen.push(error),
  });
  const admin = new pg.Client({ connectionString: database.ownerUrl });
  await admin.connect();
  try {
    const broken = db.transaction().execute(async (trx) => {
      await sql`select 1`.execute(trx);
      await admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'killed'`,
      );
      while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      await sql`select 1`.execute(trx);
    });
    const error: unknown = await broken.then(
      () => null,
      (e: unknown) => e,
    );
    expect(isTransient(error)).toBe(true);
    expect(seen.length).toBeGreaterThan(0);
    const { rows } = await sql<{ one: number }>`select 1 as one`.execute(db);
    expect(rows).toEqual([{ one: 1 }]);
  } finally {
    await admin.end();
    await db.destroy();
  }
});
