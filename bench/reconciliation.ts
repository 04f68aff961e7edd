/**
 * `npm run bench:reconciliation`: a month of three processors with a known truth, received, imported, matched,
 * posted and settled by a process of its own, on a PostgreSQL of our own with fsync on. Options: `--lines N`
 * (100,000; of more, a month of 100,000 comes first, for the ratio), `--seed N`.
 */
import { join } from 'node:path';
import { projectFolder } from '../runtime/local/programs.ts';
import { currentCommit } from '../scripts/drill/current-commit.ts';
import { runCommand, type Command } from './command/run.ts';
import { measureMonth, type MonthMeasured } from './reconciliation/month.ts';
import { readOptions } from './reconciliation/options.ts';
import { makeReport } from './reconciliation/report.ts';

const smallMonth = 100_000;

async function bench({ home, report, elapsed, onStart }: Command): Promise<boolean> {
  const { lines, seed } = readOptions(process.argv.slice(2), smallMonth);
  const measure = (of: number): Promise<MonthMeasured> =>
    measureMonth({ home: join(home, String(of)), lines: of, seed, report, onStart });
  report(`seed ${String(seed)}`);
  const small = lines > smallMonth ? await measure(smallMonth) : null;
  const large = await measure(lines);
  const run = { seed, commit: currentCommit(projectFolder), seconds: elapsed() };
  const made = makeReport(large, small, run);
  for (const line of made.lines) console.log(line);
  console.log(JSON.stringify(made.json));
  return made.ok;
}

await runCommand('bench:reconciliation', bench);
