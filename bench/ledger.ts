/**
 * `npm run bench:ledger`: postings on cold accounts, on one hot account and on a mix, beside TPC-B, on a
 * PostgreSQL of our own with fsync on. Options: `--rounds N` (3), `--seconds N` per cell (5), `--preload N`
 * postings, `--variants` (ADR 30).
 */
import { rmSync } from 'node:fs';
import { localSettings } from '../runtime/env.ts';
import { findLauncher, onLauncherEnd } from '../runtime/local/launcher.ts';
import { makeHome } from '../runtime/local/own-stack.ts';
import { projectFolder } from '../runtime/local/programs.ts';
import type { RunningProcess } from '../runtime/servers/process.ts';
import { currentCommit } from '../scripts/drill/current-commit.ts';
import { startOwnDatabase } from '../scripts/ledger/own-database.ts';
import { readOptions } from './ledger/options.ts';
import { makeReport } from './ledger/report.ts';
import { runLedgerBench } from './ledger/run.ts';

let server: RunningProcess | undefined;

/** Nothing may outlive the benchmark, however it ends. */
function leave(reason: string): void {
  server?.kill();
  process.stderr.write(`${reason}: given up\n`);
  process.exit(130);
}

async function bench(home: string): Promise<boolean> {
  const options = readOptions(process.argv.slice(2));
  const startedAt = performance.now();
  const elapsed = (): number => Math.round((performance.now() - startedAt) / 100) / 10;
  const report = (line: string): void => {
    console.log(`${elapsed().toFixed(1).padStart(6)} s  ${line}`);
  };
  const urls = await startOwnDatabase(home, (started) => (server = started));
  try {
    const measured = await runLedgerBench({ options, home, urls, report });
    const run = { commit: currentCommit(projectFolder), seconds: elapsed() };
    const { ok, lines, json } = makeReport(options, measured, run);
    for (const line of lines) console.log(line);
    console.log(JSON.stringify(json));
    return ok;
  } finally {
    await urls.server.stop();
  }
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => leave(name));
const launcher = localSettings().startedByNpm ? findLauncher() : undefined;
if (launcher !== undefined) onLauncherEnd(launcher, () => leave('npm has ended'));
const home = makeHome('bench-ledger');
const ok = await bench(home).catch((error: unknown) => {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.log(`the benchmark itself failed: ${reason}`);
  console.log(JSON.stringify({ name: 'bench:ledger', ok: false, error: reason }));
  return false;
});
rmSync(home, { recursive: true, force: true });
process.exit(ok ? 0 : 1);
