/**
 * `npm run race:ledger`: writers on one bounded account, racers who resolve one pending entry and who
 * reverse one entry, on a PostgreSQL of our own, at READ COMMITTED and SERIALIZABLE. Options: `--attempts N`
 * (50000), `--resolutions N` (5000), `--reversals N` (500), `--writers N` (64), `--seed N`.
 */
import { rmSync } from 'node:fs';
import { localSettings } from '../runtime/env.ts';
import { findLauncher, onLauncherEnd } from '../runtime/local/launcher.ts';
import { makeHome } from '../runtime/local/own-stack.ts';
import { projectFolder } from '../runtime/local/programs.ts';
import type { RunningProcess } from '../runtime/servers/process.ts';
import { currentCommit } from './drill/current-commit.ts';
import { startOwnDatabase } from './ledger/own-database.ts';
import type { RaceFigures } from './race-ledger/ground.ts';
import { readOptions } from './race-ledger/options.ts';
import { runRaces } from './race-ledger/run.ts';
import type { RaceOptions } from './race-ledger/run.ts';

let server: RunningProcess | undefined;

/** Nothing may outlive the races, however they end. */
function leave(reason: string): void {
  server?.kill();
  process.stderr.write(`${reason}: given up\n`);
  process.exit(130);
}

function say(figures: RaceFigures): void {
  const { race, isolation, attempts, retries, seconds, answers, violations } = figures;
  const counts = Object.entries(answers).map(([result, count]) => `${result} ${count}`);
  console.log(
    `${race.padEnd(12)} ${isolation.padEnd(15)} ${attempts} attempts in ${seconds.toFixed(1)} s, ` +
      `${retries} sent back, ${violations.length} violations: ${counts.join(', ')}`,
  );
  for (const violation of violations.slice(0, 10)) console.log(`  VIOLATION ${violation}`);
}

async function race(options: RaceOptions, home: string): Promise<boolean> {
  const startedAt = performance.now();
  console.log(`seed ${options.seed}`);
  const database = await startOwnDatabase(home, (started) => (server = started));
  try {
    const races = await runRaces(database, options, say);
    const violations = races.reduce((sum, figures) => sum + figures.violations.length, 0);
    const commit = currentCommit(projectFolder);
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
    const ok = violations === 0;
    console.log(ok ? 'ok' : `not ok: ${violations} violations`);
    console.log(JSON.stringify({ name: 'race:ledger', ...options, commit, ok, seconds, violations, races })); // prettier-ignore
    return ok;
  } finally {
    await database.server.stop();
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => leave(signal));
}
const launcher = localSettings().startedByNpm ? findLauncher() : undefined;
if (launcher !== undefined) onLauncherEnd(launcher, () => leave('npm has ended'));
const options = readOptions(process.argv.slice(2));
const home = makeHome('race-ledger');
const ok = await race(options, home).catch((error: unknown) => {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.log(`the races themselves failed: ${reason}`);
  console.log(
    JSON.stringify({ name: 'race:ledger', seed: options.seed, ok: false, error: reason }),
  );
  return false;
});
rmSync(home, { recursive: true, force: true });
process.exit(ok ? 0 : 1);
