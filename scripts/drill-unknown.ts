/**
 * `npm run drill:unknown`: calls whose answers never came, at every provider, with every truth there may be;
 * then again at and past the end of each provider's memory of a key. Option: `--seed N`.
 */
import { rmSync } from 'node:fs';
import { makeHome, startOwnStack } from '../runtime/local/own-stack.ts';
import { projectFolder } from '../runtime/local/programs.ts';
import type { Stack } from '../runtime/local/stack.ts';
import { compare } from './drill/compare.ts';
import { proveLedger } from './drill/ledger-proof.ts';
import { currentCommit } from './drill/current-commit.ts';
import { readOptions } from './drill/options.ts';
import { listUnclear, readRecords } from './drill/records.ts';
import { openPlace, until } from './drill/unknown/place.ts';
import { judge, table, type Evidence, type Verdict } from './drill/unknown/report.ts';
import { runKeyWindows, runTruths } from './drill/unknown/run.ts';
import { listUnproven } from './drill/unknown/subjects.ts';

const startedAt = performance.now();
const elapsed = (): number => Math.round((performance.now() - startedAt) / 100) / 10;
const say = (line: string): void => {
  console.log(`${elapsed().toFixed(1).padStart(6)} s  ${line}`);
};
const clearMsMax = 30_000;
const givenUp = new AbortController();
let stack: Stack | undefined;

/** Nothing may outlive the drill, however it ends. */
function leave(reason: string): void {
  givenUp.abort(new Error(reason));
  stack?.killAll();
  process.stderr.write(`${reason}: given up\n`);
  process.exit(130);
}

async function drill(seed: number): Promise<Verdict> {
  say(`seed ${String(seed)}`);
  const home = makeHome('drill-unknown');
  stack = await startOwnStack({
    ...{ home, report: () => undefined, signal: givenUp.signal },
    onLauncherEnd: () => leave('npm has ended'),
    // So many calls that fail by design would open a breaker, and no call would come into doubt.
    environment: { TENDER_PROTECTION: '0' },
  });
  try {
    const evidence = await gather(stack, seed);
    const verdict = judge(evidence);
    for (const line of table(evidence, verdict)) console.log(line);
    return verdict;
  } finally {
    await stack.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

async function gather({ endpoints }: Stack, seed: number): Promise<Evidence> {
  const place = await openPlace(endpoints, seed, say);
  try {
    const truths = await runTruths(place);
    const keyWindows = await runKeyWindows(place);
    const db = await place.db.connect();
    const isClear = async (): Promise<true | undefined> =>
      (await listUnclear(db)).length === 0 ? true : undefined;
    await until(isClear, clearMsMax);
    const [records, books] = [await readRecords(db), await place.readBooks()];
    const found = {
      findings: compare(records, books),
      ledger: await proveLedger(db, records, books),
      unclear: await listUnclear(db),
      unproven: await listUnproven(place.db),
    };
    db.release();
    const commit = currentCommit(projectFolder);
    return { ...{ seed, commit, seconds: elapsed(), truths, keyWindows }, ...found };
  } finally {
    await place.db.end();
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => leave(signal));
}
const { seed } = readOptions(process.argv.slice(2));
const verdict = await drill(seed).catch((error: unknown): Verdict => {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.log(`the drill itself failed: ${reason}`);
  return { ok: false, reasons: [reason], line: { name: 'drill:unknown', seed, ok: false, error: reason } }; // prettier-ignore
});
console.log(JSON.stringify(verdict.line));
process.exit(verdict.ok ? 0 : 1);
