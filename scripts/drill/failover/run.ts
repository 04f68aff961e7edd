/** One side of the comparison: all faults in turn, with protection and failover or without either. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Stack } from '../../../runtime/local/stack.ts';
import { compare, type Finding } from '../compare.ts';
import { proveLedger } from '../ledger-proof.ts';
import { listUnclear, readRecords } from '../records.ts';
import { firedFaults, readBooks, setFaults, type Fault } from '../sandbox-books.ts';
import type { Figures } from './figures.ts';
import { figuresOf } from './figures.ts';
import { createStaff, type Staff } from './staff.ts';
import { startTraffic, type Traffic } from './traffic.ts';

export const faults = {
  dead: { fault: 'refused', rate: 1 },
  slow: { fault: 'slow', rate: 1, delay_ms: 10_000 },
  errors: { fault: 'error_500', rate: 0.5 },
} as const satisfies Readonly<Record<string, Fault>>;
export type FaultName = keyof typeof faults;

export interface Side {
  readonly baseline: Figures;
  readonly phases: Readonly<Record<FaultName, PhaseFigures>>;
  readonly findings: readonly Finding[];
  readonly ledger: readonly string[];
  readonly unclear: readonly string[];
}

export interface PhaseFigures extends Figures {
  /** Null: it did not open. */
  readonly openMs: number | null;
  readonly fired: number;
}

export interface SideOptions {
  readonly stack: Stack;
  readonly seed: number;
  /** Of each fault, after the first calls that met it have come back. */
  readonly seconds: number;
  readonly isProtected: boolean;
  readonly report: (line: string) => void;
}

const troubled = 'alder';
const recoverMsMax = 25_000;
const clearMsMax = 60_000;

export async function runSide(options: SideOptions): Promise<Side> {
  const { stack, seconds, isProtected, report } = options;
  const { api, database, sandbox } = stack.endpoints;
  const staff = await createStaff(stack.endpoints);
  await staff.route(isProtected ? [troubled, 'birch'] : [troubled]);
  const traffic = startTraffic(api);
  // The first payments of a fresh stack say more about the stack than about the provider.
  await sleep(3_000);
  const baseline = await during(traffic, () => sleep(Math.min(seconds, 5) * 1_000));
  const phases: Partial<Record<FaultName, PhaseFigures>> = {};
  for (const name of Object.keys(faults) as FaultName[]) {
    report(`${name}, ${isProtected ? 'with' : 'without'} failover and protection`);
    phases[name] = await phase(options, staff, traffic, name);
  }
  await traffic.stop();
  report('waiting until everything is clear');
  return withDatabase(database.url, async (db) => {
    const unclear = await waitUntilClear(db);
    const [records, books] = [await readRecords(db), await readBooks(sandbox.url)];
    return {
      ...{ baseline, phases: phases as Side['phases'], unclear },
      findings: compare(records, books),
      ledger: await proveLedger(db, records, books),
    };
  });
}

async function phase(
  { stack, seed, seconds, isProtected }: SideOptions,
  staff: Staff,
  traffic: Traffic,
  name: FaultName,
): Promise<PhaseFigures> {
  const { url } = stack.endpoints.sandbox;
  let openMs: number | null = null;
  let fired = 0;
  const figures = await during(traffic, async () => {
    await setFaults(url, seed, [{ provider: troubled, ...faults[name] }]);
    const over = sleep(lastsMs(name, seconds));
    if (isProtected) openMs = await staff.untilOpen(troubled, seconds * 1_000);
    await over;
    fired = (await firedFaults(url))[faults[name].fault] ?? 0;
    await setFaults(url, seed, []);
  });
  if (isProtected) await staff.untilClosed(troubled, recoverMsMax);
  return { ...figures, openMs, fired };
}

/** Callers all wait in their first call for as long as a slow answer takes: what comes after is the phase. */
function lastsMs(name: FaultName, seconds: number): number {
  const fault: Fault = faults[name];
  return seconds * 1_000 + (fault.delay_ms ?? 0);
}

/** Of the payments that began meanwhile; waits for the last of them to be answered. */
async function during(traffic: Traffic, act: () => Promise<unknown>): Promise<Figures> {
  const from = performance.now();
  await act();
  const to = performance.now();
  while (traffic.oldest() < to) await sleep(100);
  return figuresOf(traffic.paid.filter(({ startedAt }) => startedAt >= from && startedAt < to));
}

async function waitUntilClear(db: pg.Client): Promise<readonly string[]> {
  const giveUpAt = performance.now() + clearMsMax;
  for (;;) {
    const unclear = await listUnclear(db);
    if (unclear.length === 0 || performance.now() > giveUpAt) return unclear;
    await sleep(500);
  }
}

async function withDatabase<T>(url: string, work: (db: pg.Client) => Promise<T>): Promise<T> {
  const db = new pg.Client({ connectionString: url });
  await db.connect();
  try {
    return await work(db);
  } finally {
    await db.end();
  }
}
