/**
 * `npm run bench:reconciliation`: a month of three processors with a known truth, received, imported, matched,
 * posted and settled by a process of its own, on a PostgreSQL of our own with fsync on. Options: `--lines N`
 * (100,000; of more, a month of 100,000 comes first, for the ratio), `--seed N`.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { localSettings } from '../runtime/env.ts';
import { findLauncher, onLauncherEnd } from '../runtime/local/launcher.ts';
import { makeHome } from '../runtime/local/own-stack.ts';
import { projectFolder } from '../runtime/local/programs.ts';
import type { RunningProcess } from '../runtime/servers/process.ts';
import { currentCommit } from '../scripts/drill/current-commit.ts';
import { measureMonth, type MonthMeasured } from './reconciliation/month.ts';
import { readOptions } from './reconciliation/options.ts';
import { makeReport } from './reconciliation/report.ts';

const smallMonth = 100_000;
const parts: Pick<RunningProcess, 'kill'>[] = [];

/** Nothing may outlive the benchmark, however it ends. */
function leave(reason: string): void {
  for (const part of parts) part.kill();
  process.stderr.write(`${reason}: given up\n`);
  process.exit(130);
}

async function bench(home: string): Promise<boolean> {
  const { lines, seed } = readOptions(process.argv.slice(2), smallMonth);
  const startedAt = performance.now();
  const elapsed = (): number => Math.round((performance.now() - startedAt) / 100) / 10;
  const report = (line: string): void => {
    console.log(`${elapsed().toFixed(1).padStart(6)} s  ${line}`);
  };
  const measure = (of: number): Promise<MonthMeasured> => {
    const onStart = (part: Pick<RunningProcess, 'kill'>): void => void parts.push(part);
    return measureMonth({ home: join(home, String(of)), lines: of, seed, report, onStart });
  };
  report(`seed ${String(seed)}`);
  const small = lines > smallMonth ? await measure(smallMonth) : null;
  const large = await measure(lines);
  const run = { seed, commit: currentCommit(projectFolder), seconds: elapsed() };
  const made = makeReport(large, small, run);
  for (const line of made.lines) console.log(line);
  console.log(JSON.stringify(made.json));
  return made.ok;
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => leave(name));
const launcher = localSettings().startedByNpm ? findLauncher() : undefined;
if (launcher !== undefined) onLauncherEnd(launcher, () => leave('npm has ended'));
const home = makeHome('bench-reconciliation');
const ok = await bench(home).catch((error: unknown) => {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.log(`the benchmark itself failed: ${reason}`);
  console.log(JSON.stringify({ name: 'bench:reconciliation', ok: false, error: reason }));
  return false;
});
rmSync(home, { recursive: true, force: true });
process.exit(ok ? 0 : 1);
