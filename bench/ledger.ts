/**
 * `npm run bench:ledger`: postings on cold accounts, on one hot account and on a mix, beside TPC-B, on a
 * PostgreSQL of our own with fsync on. Options: `--rounds N` (3), `--seconds N` per cell (5), `--preload N`
 * postings, `--variants` (ADR 30).
 */
import { projectFolder } from '../runtime/local/programs.ts';
import { currentCommit } from '../scripts/drill/current-commit.ts';
import { startOwnDatabase } from '../scripts/ledger/own-database.ts';
import { runCommand, type Command } from './command/run.ts';
import { readOptions } from './ledger/options.ts';
import { makeReport } from './ledger/report.ts';
import { runLedgerBench } from './ledger/run.ts';

async function bench({ home, report, elapsed, onStart }: Command): Promise<boolean> {
  const options = readOptions(process.argv.slice(2));
  const urls = await startOwnDatabase(home, onStart);
  try {
    const measured = await runLedgerBench({ options, home, urls, report });
    const run = { commit: currentCommit(projectFolder), seconds: elapsed() };
    const { ok, lines, json } = makeReport(options, measured, run);
    for (const line of lines) console.log(line);
    console.log(JSON.stringify(json));
    return ok;
  } finally {
    await urls.server.stop();
  }
}

await runCommand('bench:ledger', bench);
