/** Days that pass in seconds: the clock moves, files are written, and the night does its work. */
import type pg from 'pg';
import type { Endpoints } from '../../../runtime/local/endpoints.ts';
import { listUnclear } from '../records.ts';
import { until } from '../unknown/place.ts';

const daySeconds = 86_400;
const waitMsMax = 60_000;
const settling = ['alder', 'birch', 'cedar', 'bank'];

/** Throws where the day does not come to its end. */
export async function endDay(endpoints: Endpoints, db: pg.Pool): Promise<void> {
  await wait('payments are clear', async () => (await unclear(db)) === 0);
  await advance(endpoints.sandbox.url);
  await wait('the files of the day are completed', async () => (await missing(db)) === 0);
}

async function unclear(db: pg.Pool): Promise<number> {
  const client = await db.connect();
  try {
    return (await listUnclear(client)).length;
  } finally {
    client.release();
  }
}

/** How many senders have not told all of the day that has just ended, or whose files wait for something. */
async function missing(db: pg.Pool): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `select (select count(*) from unnest($1::text[]) p where not exists (select from reconciliations r where r.provider = p
         and r.status = 'completed' and r.covers_to >= date_trunc('day', tender_now(), 'UTC')))::int
       + (select count(*) from reconciliations where status not in ('completed', 'refused'))::int
       + (select (count(distinct covers_to) > 1 and max(covers_to) filter (where provider = 'bank_account')
           is distinct from max(covers_to))::int from reconciliations)::int as n`,
    [settling],
  );
  return rows[0]?.n ?? 0;
}

async function advance(sandboxUrl: string): Promise<void> {
  const answer = await fetch(`${sandboxUrl}/clock`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ advance_seconds: daySeconds }),
    signal: AbortSignal.timeout(20_000),
  });
  if (!answer.ok) throw new Error(`the clock did not move: ${await answer.text()}`);
}

async function wait(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const came = await until(async () => ((await isSo()) ? true : undefined), waitMsMax);
  if (came === undefined) throw new Error(`within a minute it did not come about that ${what}`);
}
