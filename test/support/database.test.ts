import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from './database.ts';

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}

describe('a test database', () => {
  let first: TestDatabase;
  let second: TestDatabase;
  beforeAll(async () => {
    [first, second] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  });
  afterAll(() => Promise.all([first.drop(), second.drop()]));

  test('is migrated, and nobody else sees what is written to it', async () => {
    await query(first.ownerUrl, `insert into merchants (id, name) values ('mer_1', 'One')`);
    const others = `select id from merchants where id <> 'mer_operator'`;
    expect(await query(first.workerUrl, others)).toEqual([{ id: 'mer_1' }]);
    expect(await query(second.workerUrl, others)).toEqual([]);
  });

  test('lets both roles in, each with its own sight', async () => {
    const who = 'select current_user as role, count(*)::int as merchants from merchants';
    expect(await query(first.workerUrl, who)).toEqual([{ role: 'tender_worker', merchants: 2 }]);
    expect(await query(first.apiUrl, who)).toEqual([{ role: 'tender_api', merchants: 0 }]);
  });
});
