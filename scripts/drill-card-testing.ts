/**
 * `npm run drill:card-testing`: a day of five shops in some minutes, in it three ways to test stolen cards: how
 * soon is each found, what still passes, and how many good payments are stopped for it.
 * Options: `--seed N`, `--payments N` (4000).
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand, type Command } from '../bench/command/run.ts';
import { projectFolder } from '../runtime/local/programs.ts';
import { attackNames } from './drill/card-testing/asks.ts';
import { drawAttacks } from './drill/card-testing/attacks.ts';
import { liveThrough } from './drill/card-testing/day.ts';
import { readDecisions } from './drill/card-testing/decisions.ts';
import { readOptions } from './drill/card-testing/options.ts';
import { judgeDay } from './drill/card-testing/report.ts';
import { lookForLeaks } from './drill/card-testing/secrets.ts';
import { openService } from './drill/card-testing/service.ts';
import { drawShoppers } from './drill/card-testing/shoppers.ts';
import { currentCommit } from './drill/current-commit.ts';
import { startOwnDatabase } from './ledger/own-database.ts';

async function drill({ home, report, elapsed, onStart }: Command): Promise<boolean> {
  const { seed, payments } = readOptions(process.argv.slice(2));
  report(`seed ${String(seed)}`);
  mkdirSync(home, { recursive: true });
  const database = await startOwnDatabase(join(home, 'drill'), onStart);
  const service = await openService(database);
  try {
    const asks = [...drawShoppers(seed, payments), ...drawAttacks(seed, attackNames)];
    const asked = await liveThrough(service, asks, (done) => report(`${String(done)} tries`));
    const verdict = judgeDay({
      ...{ seed, commit: currentCommit(projectFolder), attacks: attackNames },
      judged: await readDecisions(database.ownerUrl, asked),
      secrets: await lookForLeaks(service, asked),
      seconds: elapsed(),
    });
    for (const line of verdict.lines) console.log(line);
    console.log(JSON.stringify(verdict.json));
    return verdict.ok;
  } finally {
    await service.close();
    await database.server.stop();
  }
}

await runCommand('drill:card-testing', drill);
