/**
 * `npm run drill:failover`: one provider dead, then slow (10 s), then erring every second time, with failover
 * and protection and without; payments that never go there are not to notice. Options: `--seed N`,
 * `--seconds N` of each fault (default 8), of the slow one after its first answers.
 */
import { rmSync } from 'node:fs';
import { makeHome, startOwnStack } from '../runtime/local/own-stack.ts';
import { projectFolder } from '../runtime/local/programs.ts';
import type { Stack } from '../runtime/local/stack.ts';
import { judge, table, type Verdict } from './drill/failover/report.ts';
import { runSide, type Side } from './drill/failover/run.ts';
import { currentCommit } from './drill/current-commit.ts';
import { readOptions, type DrillOptions } from './drill/options.ts';

const startedAt = performance.now();
const elapsed = (): number => Math.round((performance.now() - startedAt) / 100) / 10;
const say = (line: string): void => {
  console.log(`${elapsed().toFixed(1).padStart(6)} s  ${line}`);
};
const givenUp = new AbortController();
let stack: Stack | undefined;

/** Nothing may outlive the drill, however it ends. */
function leave(reason: string): void {
  givenUp.abort(new Error(reason));
  stack?.killAll();
  process.stderr.write(`${reason}: given up\n`);
  process.exit(130);
}

async function side(options: DrillOptions, isProtected: boolean): Promise<Side> {
  const home = makeHome('drill-failover');
  stack = await startOwnStack({
    ...{ home, report: () => undefined, signal: givenUp.signal },
    onLauncherEnd: () => leave('npm has ended'),
    environment: { TENDER_PROTECTION: isProtected ? '1' : '0' },
  });
  try {
    return await runSide({ ...options, stack, isProtected, report: say });
  } finally {
    await stack.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

async function drill(options: DrillOptions): Promise<Verdict> {
  say(`seed ${options.seed}`);
  const without = await side(options, false);
  const guarded = await side(options, true);
  const commit = currentCommit(projectFolder);
  const evidence = { seed: options.seed, commit, seconds: elapsed(), with: guarded, without };
  const verdict = judge(evidence);
  for (const line of table(evidence, verdict)) console.log(line);
  return verdict;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => leave(signal));
}
const options = { ...readOptions(process.argv.slice(2)) };
const seconds = process.argv.includes('--seconds') ? options.seconds : 8;
const verdict = await drill({ ...options, seconds }).catch((error: unknown): Verdict => {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.log(`the drill itself failed: ${reason}`);
  const line = { name: 'drill:failover', seed: options.seed, ok: false, error: reason };
  return { ok: false, reasons: [reason], line };
});
console.log(JSON.stringify(verdict.line));
process.exit(verdict.ok ? 0 : 1);
