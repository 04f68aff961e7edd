/**
 * `npm run bench:payments`: the whole service beside a payment workflow as it is usually written and an
 * empty one, on the same servers in the same run. Options: `--rounds N` (3), `--seconds N` per cell (8),
 * `--systems naive,empty,tender`, `--unguarded` (docs/performance.md).
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeHome, startOwnStack } from '../runtime/local/own-stack.ts';
import { projectFolder } from '../runtime/local/programs.ts';
import type { Stack } from '../runtime/local/stack.ts';
import { currentCommit } from '../scripts/drill/current-commit.ts';
import { verifyBooks } from './payments/books.ts';
import { readOptions } from './payments/options.ts';
import type { BenchOptions } from './payments/options.ts';
import { makeReport } from './payments/report.ts';
import type { BenchReport } from './payments/report.ts';
import { runBench } from './payments/run.ts';
import type { Measured } from './payments/run.ts';
import { createSystem } from './payments/systems.ts';
import { startUsualWay } from './usual-way/part.ts';
import type { UsualWay } from './usual-way/part.ts';

const givenUp = new AbortController();
let stack: Stack | undefined;
let usualWay: UsualWay | undefined;

/** Nothing may outlive the benchmark, however it ends. */
function leave(reason: string): void {
  givenUp.abort(new Error(reason));
  usualWay?.process.kill();
  stack?.killAll();
  process.stderr.write(`${reason}: given up\n`);
  process.exit(130);
}

async function measureAll(
  options: BenchOptions,
  running: { readonly stack: Stack; readonly usualWay: UsualWay },
  report: (line: string) => void,
): Promise<Measured> {
  const { endpoints } = running.stack;
  const { postgres = 0, temporal = 0, api = 0, background = 0, sandbox = 0 } = endpoints.processes;
  const shared = { temporal, postgres, sandbox };
  const addresses = { tender: endpoints.api, usualWayUrl: running.usualWay.url };
  return runBench({
    options,
    systems: options.systems.map((name) => createSystem(name, addresses)),
    meters: (system) =>
      system === 'tender'
        ? { processes: { api, background, ...shared }, databaseUrl: endpoints.database.url }
        : {
            processes: { api: running.usualWay.process.identity.pid, ...shared },
            databaseUrl: running.usualWay.databaseUrl,
          },
    temporal: endpoints.temporal,
    report,
  });
}

async function bench(options: BenchOptions, home: string): Promise<BenchReport> {
  const startedAt = performance.now();
  const say = (line: string): void => {
    console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  };
  const environment: Record<string, string> = options.unguarded
    ? { NODE_OPTIONS: `--import=${join(projectFolder, 'runtime', 'without-loop-guard.mjs')}` }
    : {};
  const { signal } = givenUp;
  const onLauncherEnd = (): void => leave('npm has ended');
  stack = await startOwnStack({ home, report: say, signal, onLauncherEnd, environment });
  try {
    usualWay = await startUsualWay(stack, environment);
    const measured = await measureAll(options, { stack, usualWay }, say);
    const { database, sandbox } = stack.endpoints;
    const books = await verifyBooks(database.url, sandbox.url);
    const commit = currentCommit(projectFolder);
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
    return makeReport({ options, commit, seconds, measured, books });
  } finally {
    await usualWay?.process.stop();
    await stack.stop();
  }
}

async function main(): Promise<boolean> {
  const options = readOptions(process.argv.slice(2));
  const home = makeHome('bench');
  try {
    const { ok, lines, json } = await bench(options, home);
    for (const line of lines) console.log(line);
    console.log(JSON.stringify(json));
    return ok;
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    console.log(`the benchmark itself failed: ${reason}`);
    console.log(JSON.stringify({ name: 'bench:payments', ok: false, error: reason }));
    return false;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => leave(name));
const ok = await main();
process.exit(ok ? 0 : 1);
