/**
 * `npm run risk:evaluate`: the models that Tender trains, on simulated payments with the fraud handbook's split,
 * beside the handbook's published figures and, where Python can have it, scikit-learn on the same rows.
 * Option: `--seeds N` (5). docs/risk.md says what the figures mean.
 */
import { projectFolder } from '../runtime/local/programs.ts';
import { currentCommit } from '../scripts/drill/current-commit.ts';
import { runCommand, type Command } from './command/run.ts';
import { judgeSeed, type SeedJudged } from './risk/evaluate/models.ts';
import { readOptions } from './risk/evaluate/options.ts';
import { makeReport } from './risk/evaluate/report.ts';
import { findSklearn } from './risk/evaluate/sklearn.ts';

async function evaluate({ home, report, elapsed }: Command): Promise<boolean> {
  const { seeds } = readOptions(process.argv.slice(2));
  const found = await findSklearn();
  const python = 'python' in found ? found.python : null;
  report(python === null ? 'without scikit-learn' : 'scikit-learn is there');
  const judged: SeedJudged[] = [];
  for (let seed = 1; seed <= seeds; seed += 1) {
    judged.push(await judgeSeed(seed, home, python));
    report(`seed ${seed} is judged`);
  }
  const run = { commit: currentCommit(projectFolder), seconds: elapsed() };
  const made = makeReport(judged, 'missing' in found ? found.missing : null, run);
  for (const line of made.lines) console.log(line);
  console.log(JSON.stringify(made.json));
  return made.ok;
}

await runCommand('risk:evaluate', evaluate);
