/**
 * `npm run drill:month`: a month of the whole service, day by day on a stack of its own: sales, captures in parts,
 * refunds, cancels, disputes, the providers' files, payouts and the bank. At its end nothing may be left over.
 * Options: `--seed N`, `--days N` (30), `--per-day N` (12).
 */
import { randomInt } from 'node:crypto';
import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { makeHome, startOwnStack } from '../runtime/local/own-stack.ts';
import { projectFolder } from '../runtime/local/programs.ts';
import type { Stack } from '../runtime/local/stack.ts';
import { currentCommit } from './drill/current-commit.ts';
import { endDay } from './drill/month/calendar.ts';
import { complaints, countUnverified, readAlarms, readMonthEnd } from './drill/month/judge.ts';
import { openShop } from './drill/month/shop.ts';
import { createRandom } from './drill/random.ts';

const startedAt = performance.now();
const elapsed = (): number => Math.round((performance.now() - startedAt) / 100) / 10;
const say = (line: string): void => {
  console.log(`${elapsed().toFixed(1).padStart(6)} s  ${line}`);
};
/** Days without business at the end, in which what is under way comes to its end. */
const quietDays = 5;
const givenUp = new AbortController();
let stack: Stack | undefined;

interface MonthOptions {
  readonly seed: number;
  readonly days: number;
  readonly perDay: number;
}

function readMonthOptions(args: readonly string[]): MonthOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string', default: String(randomInt(1, 2 ** 31)) },
      days: { type: 'string', default: '30' },
      'per-day': { type: 'string', default: '12' },
    },
  });
  for (const [name, value] of Object.entries(values)) {
    if (!/^[1-9]\d{0,9}$/.test(value)) throw new Error(`--${name}: must be a whole number above 0`);
  }
  const { seed, days, 'per-day': perDay } = values;
  return { seed: Number(seed), days: Number(days), perDay: Number(perDay) };
}

/** Nothing may outlive the drill, however it ends. */
function leave(reason: string): void {
  givenUp.abort(new Error(reason));
  stack?.killAll();
  process.stderr.write(`${reason}: given up\n`);
  process.exit(130);
}

async function drill(options: MonthOptions): Promise<boolean> {
  say(`seed ${String(options.seed)}`);
  const home = makeHome('drill-month');
  stack = await startOwnStack({
    ...{ home, report: () => undefined, signal: givenUp.signal },
    onLauncherEnd: () => leave('npm has ended'),
    environment: {},
  });
  const db = new pg.Pool({ connectionString: stack.endpoints.database.url, max: 3 });
  db.on('error', () => undefined);
  try {
    return await passMonth(stack, db, options);
  } catch (error) {
    for (const what of await readAlarms(db)) console.log(`a proof is broken: ${what}`);
    throw error;
  } finally {
    await db.end();
    await stack.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

async function passMonth(
  { endpoints }: Stack,
  db: pg.Pool,
  { seed, days, perDay }: MonthOptions,
): Promise<boolean> {
  const shop = openShop(endpoints, createRandom('month', seed), perDay);
  let unverified = 0;
  for (let day = 1; day <= days + quietDays; day += 1) {
    if (day <= days) await shop.openDay();
    else await shop.finish();
    await endDay(endpoints, db);
    unverified += await countUnverified(db);
    if (day % 5 === 0) say(`day ${String(day)}: ${JSON.stringify(shop.counts)}`);
  }
  const end = await readMonthEnd(db);
  const reasons = complaints(end, unverified, shop.counts.payments);
  const ok = reasons.length === 0;
  for (const reason of reasons) console.log(`not ok: ${reason}`);
  const { notDrained: not_drained, openBreaks: open_breaks, ...rest } = end;
  console.log(
    JSON.stringify({
      ...{ name: 'drill:month', seed, commit: currentCommit(projectFolder), ok },
      ...{ seconds: elapsed(), days, ...shop.counts, ...rest, not_drained, open_breaks },
      ...{ unverified, reasons },
    }),
  );
  return ok;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => leave(signal));
}
const options = readMonthOptions(process.argv.slice(2));
const ok = await drill(options).catch((error: unknown) => {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.log(`the drill itself failed: ${reason}`);
  console.log(
    JSON.stringify({ name: 'drill:month', seed: options.seed, ok: false, error: reason }),
  );
  return false;
});
process.exit(ok ? 0 : 1);
