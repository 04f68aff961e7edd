/**
 * `npm run drill:breaks`: a month of four providers and a bank, in which breaks of each kind are planted among
 * lines that are in order, then reconciled by the steps as in service. Each must be found under its name, and
 * nothing else. Options: `--lines N` (100,000), `--each N` (100, of each kind), `--seed N`.
 */
import { projectFolder } from '../runtime/local/programs.ts';
import { currentCommit } from '../scripts/drill/current-commit.ts';
import { readOptions } from './breaks/options.ts';
import { makeReport } from './breaks/report.ts';
import { findBreaks } from './breaks/run.ts';
import { runCommand, type Command } from './command/run.ts';

async function drill({ home, report, elapsed, onStart }: Command): Promise<boolean> {
  const options = readOptions(process.argv.slice(2));
  const { seed, each } = options;
  report(`seed ${String(seed)}`);
  const judged = await findBreaks({ ...options, home, report, onStart });
  const run = { seed, each, commit: currentCommit(projectFolder), seconds: elapsed() };
  const made = makeReport(judged, run);
  for (const line of made.lines) console.log(line);
  console.log(JSON.stringify(made.json));
  return made.ok;
}

await runCommand('drill:breaks', drill);
