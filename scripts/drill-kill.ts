/**
 * `npm run drill:kill`: payments, captures and refunds while api, background, PostgreSQL and Temporal
 * are killed in turn and the sandbox loses replies; then the providers' books against ours.
 * Options: `--seed N` (default: drawn and printed), `--seconds N` (default 60).
 */
import { rmSync } from 'node:fs';
import { makeHome, startOwnStack } from '../runtime/local/own-stack.ts';
import { projectFolder } from '../runtime/local/programs.ts';
import type { Stack } from '../runtime/local/stack.ts';
import { currentCommit } from './drill/current-commit.ts';
import { readOptions } from './drill/options.ts';
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

async function drill(options: DrillOptions, home: string): Promise<Verdict> {
  const startedAt = performance.now();
  const say = (line: string): void => {
    console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  };
  say(`seed ${options.seed}, home ${home}`);
  stack = await startOwnStack({
    home,
    report: say,
    signal: givenUp.signal,
    onLauncherEnd: () => leave('npm has ended'),
  });
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
  // Kept when the drill is not ok.
  const home = makeHome('drill');
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
