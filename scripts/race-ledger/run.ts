/** All races at both isolation levels, and the balances rebuilt from the postings after each. */
import pg from 'pg';
import { connectDb } from '../../db/client.ts';
import { findWrongBalances } from '../../db/ledger-proofs.ts';
import { raceForFunds } from './bounded.ts';
import { isolations } from './ground.ts';
import type { Ground, RaceFigures } from './ground.ts';
import { raceToResolve } from './resolutions.ts';
import { raceToReverse } from './reversals.ts';

export interface RaceOptions {
  readonly seed: number;
  readonly writers: number;
  /** On one bounded account, at each isolation level. */
  readonly attempts: number;
  /** Pending entries that are raced for. */
  readonly resolutions: number;
  /** Entries that are reversed by 32 at once. */
  readonly reversals: number;
}

export async function runRaces(
  urls: { readonly ownerUrl: string; readonly workerUrl: string },
  options: RaceOptions,
  report: (figures: RaceFigures) => void,
): Promise<readonly RaceFigures[]> {
  const owner = new pg.Pool({ connectionString: urls.ownerUrl, max: 4 });
  owner.on('error', () => undefined);
  const all: Ground['all'] = async <T>(statement: string, values: readonly unknown[] = []) =>
    (await owner.query(statement, [...values])).rows as T[];
  const worker = connectDb({
    url: urls.workerUrl,
    applicationName: 'race-ledger',
    poolSize: options.writers,
    onError: () => undefined,
  });
  const { seed, writers, attempts, resolutions, reversals } = options;
  const done: RaceFigures[] = [];
  try {
    for (const isolation of isolations) {
      const ground: Ground = { worker, all, isolation, seed };
      for (const run of [
        () => raceForFunds(ground, { writers, attempts }),
        () => raceToResolve(ground, { rounds: resolutions }),
        () => raceToReverse(ground, { rounds: reversals, racers: 32 }),
      ]) {
        const figures = await run();
        const wrong = await findWrongBalances(all);
        const violations = wrong.map((w) => `balance of ${w.account} of ${w.merchant_id} is wrong`);
        done.push({ ...figures, violations: [...figures.violations, ...violations] });
        report(done.at(-1) ?? figures);
      }
    }
    return done;
  } finally {
    await worker.destroy();
    await owner.end();
  }
}
