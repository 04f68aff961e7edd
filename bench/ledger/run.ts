/** Everything in alternation on one server; then the balances against the postings. */
import pg from 'pg';
import { findWrongBalances } from '../../db/ledger-proofs.ts';
import type { WrongBalance } from '../../db/ledger-proofs.ts';
import { readDurability } from '../payments/commits.ts';
import { batchSize, cellsOf, ledgerCell, prepareLedger, writers } from './cells.ts';
import type { Cell, Pools } from './cells.ts';
import type { Load } from './load.ts';
import type { LedgerBenchOptions } from './options.ts';
import { createPgbench, pgbench } from './pgbench.ts';
import { preload } from './preload.ts';
import { createTpcb } from './tpcb.ts';
import type { Scale } from './tpcb.ts';
import { insertOnlyCells, stripedCells } from './variants.ts';

export interface LedgerMeasured {
  readonly loads: ReadonlyMap<string, { readonly cell: Cell; readonly loads: readonly Load[] }>;
  /** Transactions a second of pgbench, by scale; none where it is not installed. */
  readonly pgbench: Readonly<Partial<Record<Scale, number>>>;
  readonly durability: Readonly<Record<string, string>>;
  readonly wrongBalances: number;
  readonly postings: number;
}

export interface LedgerBenchRun {
  readonly options: LedgerBenchOptions;
  readonly home: string;
  readonly urls: { readonly ownerUrl: string; readonly workerUrl: string };
  readonly report: (line: string) => void;
}

const scales = [1, 10] as const;
// As in db/client.ts: every statement finds its rows by key.
const planner =
  '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_bitmapscan=off';

export async function runLedgerBench(run: LedgerBenchRun): Promise<LedgerMeasured> {
  const { workerUrl, ownerUrl } = run.urls;
  const pools: Pools = {
    worker: new pg.Pool({ connectionString: workerUrl, max: writers, options: planner }),
    owner: new pg.Pool({ connectionString: ownerUrl, max: 2 }),
  };
  for (const pool of Object.values(pools) as pg.Pool[]) pool.on('error', () => undefined);
  try {
    return await measureAll(run, pools);
  } finally {
    await Promise.all([pools.worker.end(), pools.owner.end()]);
  }
}

async function measureAll(run: LedgerBenchRun, pools: Pools): Promise<LedgerMeasured> {
  const { options, urls, report } = run;
  await prepareLedger(pools);
  for (const scale of scales) await createTpcb(pools.owner, scale);
  const loads = new Map<string, { cell: Cell; loads: Load[] }>();
  const take = async (cell: Cell): Promise<void> => {
    const load = await cell.measure(options.seconds);
    const entries = (load.commits * cell.entriesPerCommit) / load.seconds;
    report(
      `${cell.name.padEnd(24)} ${entries.toFixed(0).padStart(7)} entries/s ${load.errors[0] ?? ''}`,
    );
    const known = loads.get(cell.name);
    if (known === undefined) loads.set(cell.name, { cell, loads: [load] });
    else known.loads.push(load);
  };
  await ledgerCell(pools, 'mix', 1).measure(2);
  if (options.preload > 0) {
    const cells = [1, batchSize].map((size) =>
      ledgerCell(pools, 'cold', size, `cold x ${String(size)}, empty`),
    );
    for (let round = 0; round < options.rounds; round += 1)
      for (const cell of cells) await take(cell);
    const startedAt = performance.now();
    await preload(pools.owner, run.home, options.preload);
    report(`loaded ${String(options.preload)} postings in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`); // prettier-ignore
    await ledgerCell(pools, 'mix', 1).measure(5);
  }
  const tps: Partial<Record<Scale, number[]>> = {};
  const made: Scale[] = [];
  for (const scale of scales)
    if (await createPgbench(pools.owner, urls.ownerUrl, scale)) made.push(scale);
  for (let round = 0; round < options.rounds; round += 1) {
    const cells = cellsOf(pools);
    for (const cell of round % 2 === 0 ? cells : cells.toReversed()) await take(cell);
    for (const scale of made) {
      const rate = await pgbench(urls.ownerUrl, scale, { writers, seconds: options.seconds });
      if (rate !== null) (tps[scale] ??= []).push(rate);
      report(`pgbench scale ${String(scale)}: ${String(rate)} tps`);
    }
  }
  if (options.variants) {
    for (let round = 0; round < options.rounds; round += 1)
      for (const cell of insertOnlyCells(pools)) await take(cell);
    for (const cell of stripedCells(pools)) {
      for (let round = 0; round < options.rounds; round += 1) await take(cell);
    }
  }
  const { rows } = await pools.owner.query<{ n: string }>('select count(*) as n from postings');
  const wrong = await findWrongBalances(
    async (text) => (await pools.owner.query<WrongBalance>(text)).rows,
  );
  const mean = (values: readonly number[]): number =>
    values.reduce((a, b) => a + b, 0) / values.length;
  return {
    loads,
    pgbench: Object.fromEntries(Object.entries(tps).map(([scale, rates]) => [scale, mean(rates)])),
    durability: await readDurability(urls.ownerUrl),
    wrongBalances: wrong.length,
    postings: Number(rows[0]?.n),
  };
}
