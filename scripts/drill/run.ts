/** One run: payments and kills side by side, then quiet, then the comparison. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Stack } from '../../runtime/local/stack.ts';
import { createCheckout, longestSilenceMs, replayAll } from './checkout.ts';
import { judgeAnswers } from './client-view.ts';
import { compare } from './compare.ts';
import { watchDeaths } from './deaths.ts';
import { killInTurn } from './kills.ts';
import { proveLedger } from './ledger-proof.ts';
import { createRandom } from './random.ts';
import { countUnknowns, listUnclear, readRecords } from './records.ts';
import { clearWithinMs } from './report.ts';
import type { Evidence } from './report.ts';
import { firedFaults, readBooks, setFaults } from './sandbox-books.ts';
import { tellStory } from './stories.ts';
import type { StoryTools } from './stories.ts';

export interface DrillRun {
  readonly stack: Stack;
  readonly seed: number;
  readonly seconds: number;
  readonly commit: string | null;
  readonly report: (line: string) => void;
}

const callers = 8;
const lostReplyRate = 0.05;

export async function runDrill(run: DrillRun): Promise<Evidence> {
  const startedAt = performance.now();
  const { stack, seed, seconds, report } = run;
  const { api, sandbox, database } = stack.endpoints;
  const checkout = createCheckout(api);
  await setFaults(sandbox.url, seed, [{ fault: 'lost_reply', rate: lostReplyRate }]);
  const watch = watchDeaths(stack);
  const beganAt = performance.now();
  const endAt = beganAt + seconds * 1000;
  const tools: StoryTools = { checkout, seed, endAt, run: `drill-${seed}` };
  const [kills] = await Promise.all([
    killInTurn({ stack, seconds, report, random: createRandom(seed, 'kills') }),
    makePayments(tools),
  ]);
  const silenceMs = longestSilenceMs(checkout.tally, beganAt, endAt);
  const lastKillAt = Math.max(0, ...kills.map(({ at }) => at));
  const lostReplies = (await firedFaults(sandbox.url))['lost_reply'] ?? 0;
  await setFaults(sandbox.url, seed, []);
  report('faults and kills are over, waiting until everything is clear');
  const unclear = await waitUntilClear(database.url, lastKillAt + clearWithinMs);
  const clearAfterMs = Math.round(performance.now() - lastKillAt);
  report('sending every key once more');
  await replayAll(checkout, callers);
  const deaths = watch.stop();
  const compared = await withDatabase(database.url, async (db) => {
    const records = await readRecords(db);
    const books = await readBooks(sandbox.url);
    return {
      payments: records.payments.length,
      operations: records.operations.length,
      unknowns: await countUnknowns(db),
      findings: compare(records, books),
      ledger: await proveLedger(db, records, books),
      client: judgeAnswers(checkout, tools.run, records, books),
    };
  });
  return {
    ...{ seed, commit: run.commit, kills, deaths, unclear, clearAfterMs, lostReplies, ...compared },
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
    accepted: countAccepted(checkout.asked),
    silenceMs,
    requests: {
      keys: checkout.asked.length,
      sends: checkout.asked.reduce((sum, { sends }) => sum + sends, 0),
      disconnected: checkout.tally.disconnected,
      unavailable: checkout.tally.unavailable,
    },
  };
}

function countAccepted(asked: ReturnType<typeof createCheckout>['asked']): number {
  return asked.filter(({ purpose, accepted }) => purpose === 'create' && accepted !== undefined)
    .length;
}

async function makePayments(tools: StoryTools): Promise<void> {
  let stories = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < tools.endAt) {
      stories += 1;
      await tellStory(tools, stories);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
}

/** Answers what is still open when the time is over. */
async function waitUntilClear(url: string, giveUpAt: number): Promise<readonly string[]> {
  return withDatabase(url, async (db) => {
    for (;;) {
      const unclear = await listUnclear(db);
      if (unclear.length === 0 || performance.now() > giveUpAt) return unclear;
      await sleep(500);
    }
  });
}

async function withDatabase<T>(url: string, work: (db: pg.Client) => Promise<T>): Promise<T> {
  const db = new pg.Client({ connectionString: url });
  await db.connect();
  try {
    return await work(db);
  } finally {
    await db.end();
  }
}
