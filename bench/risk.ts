/**
 * `npm run bench:risk`: what a decision takes, with few and with 2,000,000 past payments stored, on a PostgreSQL
 * of our own with fsync on. Options: `--payments N`, `--seconds N` (per side), `--seed N`.
 */
import { projectFolder } from '../runtime/local/programs.ts';
import { currentCommit } from '../scripts/drill/current-commit.ts';
import { runCommand, type Command } from './command/run.ts';
import { readOptions } from './risk/options.ts';
import { makeReport } from './risk/report.ts';
import { measure } from './risk/run.ts';

async function bench(command: Command): Promise<boolean> {
  const options = readOptions(process.argv.slice(2));
  command.report(`seed ${String(options.seed)}`);
  const measured = await measure(command, options);
  const made = makeReport(measured, {
    seed: options.seed,
    commit: currentCommit(projectFolder),
    seconds: command.elapsed(),
  });
  for (const line of made.lines) console.log(line);
  console.log(JSON.stringify(made.json));
  return made.ok;
}

await runCommand('bench:risk', bench);
