/** What is measured, each as one kind of commit: what it is called, who commits, how many entries. */
import type pg from 'pg';
import { batchOf, coldAccounts, hotAccounts, merchantId } from './entries.ts';
import type { Shape } from './entries.ts';
import { runLoad } from './load.ts';
import type { Load } from './load.ts';
import { tpcb } from './tpcb.ts';

export const writers = 16;
/** Entries per commit of the figures that count; those of fewer are shown beside them. */
export const batchSize = 100;
export const batchSizes = [batchSize, 20, 1] as const;

export interface Cell {
  readonly name: string;
  readonly entriesPerCommit: number;
  readonly measure: (seconds: number) => Promise<Load>;
}

export interface Pools {
  readonly worker: pg.Pool;
  readonly owner: pg.Pool;
}

async function post({ worker }: Pools, shape: Shape, size: number): Promise<void> {
  const { rows } = await worker.query<{ verdicts: readonly { readonly result: string }[] }>({
    name: 'post',
    text: 'select post_entries($1::jsonb) as verdicts',
    values: [batchOf(shape, size)],
  });
  const bad = rows[0]?.verdicts.find(({ result }) => result !== 'posted');
  if (bad !== undefined || rows[0]?.verdicts.length !== size) {
    throw new Error(`answered ${bad?.result ?? 'too little'}`);
  }
}

export function ledgerCell(pools: Pools, shape: Shape, size: number, name?: string): Cell {
  return {
    name: name ?? `${shape} x ${String(size)}`,
    entriesPerCommit: size,
    measure: (seconds) => runLoad(() => post(pools, shape, size), { writers, seconds }),
  };
}

/** Light load: one writer who pauses, so that nobody waits for anybody. */
const light = { writers: 1, pauseMs: 4 };

export function cellsOf(pools: Pools): readonly Cell[] {
  const shapes = ['cold', 'hot', 'mix'] as const;
  return [
    ...batchSizes.flatMap((size) => shapes.map((shape) => ledgerCell(pools, shape, size))),
    ...([1, 10] as const).map((scale) => ({
      name: `tpcb${String(scale)}`,
      entriesPerCommit: 1,
      measure: (seconds: number) => runLoad(() => tpcb(pools.worker, scale), { writers, seconds }),
    })),
    {
      name: 'single',
      entriesPerCommit: 1,
      measure: (seconds) => runLoad(() => post(pools, 'cold', 1), { ...light, seconds }),
    },
    {
      name: 'commit',
      entriesPerCommit: 1,
      measure: (seconds) => runLoad(() => bareCommit(pools), { ...light, seconds }),
    },
  ];
}

/** One row in one statement: what PostgreSQL asks for being durable at all. */
async function bareCommit({ worker }: Pools): Promise<void> {
  await worker.query({ name: 'bare', text: 'insert into bare values ($1)', values: [1] });
}

export async function prepareLedger({ owner }: Pools): Promise<void> {
  await owner.query('create table bare (n int); grant insert on bare to tender_worker');
  await owner.query('insert into merchants (id, name) values ($1, $1)', [merchantId]);
  // Accounts are opened once; that is not what is measured.
  await owner.query(
    `insert into account_balances (merchant_id, account, provider, currency)
     select $1, a.code, 'cold' || n, 'USD' from generate_series(0, $2::int - 1) n, (values ('1100'), ('2100')) a (code)
     union all select $1, '2100', 'hot' || n, 'USD' from generate_series(0, $3::int - 1) n`,
    [merchantId, coldAccounts, hotAccounts],
  );
}
