/**
 * `npm run drill:breaks`: a month of four providers and a bank, in which breaks of each kind are planted among
 * lines that are in order, then reconciled by the steps as in service. Each must be found under its name, and
 * nothing else. Options: `--lines N` (100,000), `--each N` (100, of each kind), `--seed N`.
 */
import { rmSync } from 'node:fs';
import { localSettings } from '../runtime/env.ts';
import { findLauncher, onLauncherEnd } from '../runtime/local/launcher.ts';
import { makeHome } from '../runtime/local/own-stack.ts';
import { projectFolder } from '../runtime/local/programs.ts';
import type { RunningProcess } from '../runtime/servers/process.ts';
import { currentCommit } from '../scripts/drill/current-commit.ts';
import { readOptions } from './breaks/options.ts';
import { makeReport } from './breaks/report.ts';
import { findBreaks } from './breaks/run.ts';

const parts: Pick<RunningProcess, 'kill'>[] = [];

/** Nothing may outlive the drill, however it ends. */
function leave(reason: string): void {
  for (const part of parts) part.kill();
  process.stderr.write(`${reason}: given up\n`);
  process.exit(130);
}

async function drill(home: string): Promise<boolean> {
  const options = readOptions(process.argv.slice(2));
  const { seed, each } = options;
  const startedAt = performance.now();
  const elapsed = (): number => Math.round((performance.now() - startedAt) / 100) / 10;
  const report = (line: string): void => {
    console.log(`${elapsed().toFixed(1).padStart(6)} s  ${line}`);
  };
  report(`seed ${String(seed)}`);
  const onStart = (part: Pick<RunningProcess, 'kill'>): void => void parts.push(part);
  const judged = await findBreaks({ ...options, home, report, onStart });
  const run = { seed, each, commit: currentCommit(projectFolder), seconds: elapsed() };
  const made = makeReport(judged, run);
  for (const line of made.lines) console.log(line);
  console.log(JSON.stringify(made.json));
  return made.ok;
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => leave(name));
const launcher = localSettings().startedByNpm ? findLauncher() : undefined;
if (launcher !== undefined) onLauncherEnd(launcher, () => leave('npm has ended'));
const home = makeHome('drill-breaks');
const ok = await drill(home).catch((error: unknown) => {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.log(`the drill itself failed: ${reason}`);
  console.log(JSON.stringify({ name: 'drill:breaks', ok: false, error: reason }));
  return false;
});
rmSync(home, { recursive: true, force: true });
process.exit(ok ? 0 : 1);
