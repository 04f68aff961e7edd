/** The races of `npm run race:ledger` in short. */
import { expect, test } from '@jest/globals';
import { createTestDatabase } from '../../test/support/database.ts';
import { runRaces } from './run.ts';

test('one winner each, never below zero, at READ COMMITTED and SERIALIZABLE', async () => {
  const seed = Number(process.env['TENDER_TEST_SEED'] ?? Date.now() % 2 ** 31);
  process.stderr.write(`ledger races: TENDER_TEST_SEED=${String(seed)}\n`);
  const database = await createTestDatabase();
  try {
    const counts = { writers: 64, attempts: 800, resolutions: 100, reversals: 6 };
    const figures = await runRaces(database, { seed, ...counts }, () => undefined);
    expect(figures.map(({ violations }) => violations)).toEqual(figures.map(() => []));
  } finally {
    await database.drop();
  }
}, 180_000);
