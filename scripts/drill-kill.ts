/**
 * `npm run drill:kill`: payments, captures and refunds while api, background, PostgreSQL and Temporal
 * are killed in turn and the sandbox loses replies; then the providers' books against ours.
 * Options: `--seed N` (default: drawn and printed), `--seconds N` (default 60).
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localSettings } from '../runtime/env.ts';
import { findLauncher, onLauncherEnd } from '../runtime/local/launcher.ts';
import { projectFolder } from '../runtime/local/programs.ts';
import { startStack } from '../runtime/local/stack.ts';
import type { Stack } from '../runtime/local/stack.ts';
import { currentCommit, readOptions } from './drill/options.ts';
import type { DrillOptions } from './drill/options.ts';
import { judge, table } from './drill/report.ts';
import type { Verdict } from './drill/report.ts';
import { runDrill } from './drill/run.ts';

const givenUp = new AbortController();
let stack: Stack | undefined;

/** Nothing may outlive the drill, however it ends. */
function leave(reason: string): void {
  givenUp.abort(new Error(reason));
  stack?.killAll();
  process.stderr.write(`${reason}: given up\n`);
  process.exit(130);
}

async function startOwnStack(home: string, say: (line: string) => void): Promise<Stack> {
  const given = localSettings();
  const launcher = given.startedByNpm ? findLauncher() : undefined;
  if (launcher !== undefined) onLauncherEnd(launcher, () => leave('npm has ended'));
  // What is killed must be ours: servers named in the environment are left alone.
  const settings = {
    ...given,
    host: '127.0.0.1',
    publicUrl: undefined,
    databaseUrl: undefined,
    apiDatabaseUrl: undefined,
    workerDatabaseUrl: undefined,
    temporalAddress: undefined,
    sandboxPort: undefined,
  };
  return startStack({ settings, home, port: 0, launcher, report: say, signal: givenUp.signal });
}

/** The folder of the run, kept when it is not ok. */
function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'tender-drill-'));
  // PostgreSQL may run as another user, who has to get through.
  chmodSync(home, 0o711);
  return home;
}

async function drill(options: DrillOptions, home: string): Promise<Verdict> {
  const startedAt = performance.now();
  const say = (line: string): void => {
    console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  };
  say(`seed ${options.seed}, home ${home}`);
  stack = await startOwnStack(home, say);
  try {
    const commit = currentCommit(projectFolder);
    const evidence = await runDrill({ ...options, stack, commit, report: say });
    const verdict = judge(evidence);
    for (const line of table(evidence, verdict)) console.log(line);
    return verdict;
  } finally {
    await stack.stop();
  }
}

async function main(): Promise<boolean> {
  const options = readOptions(process.argv.slice(2));
  const home = makeHome();
  const verdict = await drill(options, home).catch((error: unknown): Verdict => {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    console.log(`the drill itself failed: ${reason}`);
    const line = { name: 'drill:kill', seed: options.seed, ok: false, error: reason };
    return { ok: false, reasons: [reason], line };
  });
  if (verdict.ok) rmSync(home, { recursive: true, force: true });
  else console.log(`kept for a closer look: ${home}`);
  console.log(JSON.stringify(verdict.line));
  return verdict.ok;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => leave(signal));
}
const ok = await main();
process.exit(ok ? 0 : 1);
