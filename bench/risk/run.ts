/** Few and many past payments in two databases of one server, asked in turns: what the machine does, it does to both. */
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import pg from 'pg';
import { connectDb, type Db } from '../../db/client.ts';
import { startOwnDatabase } from '../../scripts/ledger/own-database.ts';
import { defaultModelPath, loadModel } from '../../activities/risk/load-model.ts';
import { featureNames } from '../../domain/risk/features.ts';
import { readDurability } from '../payments/commits.ts';
import { readCpuMs } from '../payments/process-cpu.ts';
import type { Command } from '../command/run.ts';
import { callers, createDecider, decide, type Decider, type Round } from './decisions.ts';
import { storePast, type Stored } from './store.ts';
import type { RiskOptions } from './options.ts';

const rounds = 5;
const warmUpMs = 3_000;

/** As many as somebody keeps in their head, none of which holds: all of them are asked. */
const someRules = Array.from({ length: 50 }, (_, n) => ({
  ...{ id: `rule-${String(n)}`, priority: n, action: 'review', note: 'measured' },
  when: {
    and: [
      { fact: 'currency', op: '=', value: 'EUR' },
      { fact: 'amount', op: '>', value: 900_000_000 + n },
      { or: [{ fact: 'device_cards_1h', op: '>', value: 40 + n }, { in_list: 'watch' }] },
    ],
  },
}));
/** As no code of the service writes them: without two people. */
const storeRules = `
  with off as materialized (select set_config('session_replication_role', 'replica', false))
  insert into risk_rules (merchant_id, version, rules, written_by, reason, approved_by, approval_id)
  select null, 2, $1::jsonb, 'bench', 'measured', 'another', 'bench' from off`;

export interface Side {
  readonly stored: Stored;
  readonly rounds: readonly Round[];
  /** Of all rounds, in ms. */
  readonly cpuMs: Record<'node' | 'postgres', number>;
}

interface Asked extends Side {
  readonly decider: Decider;
  readonly rounds: Round[];
}

export interface Measured {
  readonly few: Side;
  readonly many: Side;
  readonly durability: Readonly<Record<string, string>>;
}

export async function measure(
  { home, report, onStart }: Command,
  { payments, seconds, seed }: RiskOptions,
): Promise<Measured> {
  const model = loadModel(defaultModelPath, featureNames);
  mkdirSync(home, { recursive: true });
  const own = await startOwnDatabase(join(home, 'risk'), onStart);
  const named = (url: string, name: string): string => {
    const changed = new URL(url);
    changed.pathname = `/${name}`;
    return changed.href;
  };
  const open = async (name: string, count: number): Promise<[Db, Stored]> => {
    const db = connectDb({
      url: named(own.workerUrl, name),
      ...{ applicationName: 'bench-risk', poolSize: callers, timeoutMs: 900_000 },
      onError: (error) => {
        report(error.message);
      },
    });
    const owner = new pg.Pool({ connectionString: named(own.ownerUrl, name), max: 1 });
    const stored = await storePast(owner, db, count, seed);
    await owner.query(storeRules, [JSON.stringify(someRules)]);
    await owner.end();
    report(`${String(count)} payments stored, ${String(stored.megabytes)} MB with indexes`);
    return [db, stored];
  };
  const admin = new pg.Pool({ connectionString: named(own.ownerUrl, 'postgres'), max: 1 });
  await admin.query('create database few template tender');
  await admin.end();
  const [few, fewStored] = await open('few', Math.ceil(payments / 100));
  const [many, manyStored] = await open('tender', payments);
  const trees = { node: process.pid, postgres: own.server.identity.pid };
  const aSide = async (db: Db, stored: Stored): Promise<Asked> => ({
    ...{ stored, rounds: [], cpuMs: { node: 0, postgres: 0 } },
    decider: await createDecider(db, model, stored.paymentIds),
  });
  const sides: readonly [Asked, Asked] = [
    await aSide(few, fewStored),
    await aSide(many, manyStored),
  ];
  for (const { decider } of sides) await decide(decider, warmUpMs);
  for (let round = 0; round < rounds; round += 1) {
    for (const { decider, rounds: made, cpuMs } of sides) {
      const before = readCpuMs(trees);
      made.push(await decide(decider, (seconds * 1_000) / rounds));
      const after = readCpuMs(trees);
      cpuMs.node += after.node - before.node;
      cpuMs.postgres += after.postgres - before.postgres;
    }
  }
  await Promise.all([few.destroy(), many.destroy()]);
  const durability = await readDurability(own.ownerUrl);
  await own.server.stop();
  return { few: sides[0], many: sides[1], durability };
}
