/**
 * `npm run ledger:verify`: seals what is not sealed yet, then checks the hash chain and the proofs of the
 * books. Prints the head, to be published where nobody of us can change it; `--head <number>:<hex>` checks
 * against one that was. Exit 1 with the first broken row. Reads TENDER_WORKER_DATABASE_URL, else the
 * running Tender of TENDER_HOME.
 */
import { parseArgs } from 'node:util';
import { connectDb } from '../db/client.ts';
import { formatHead, parseHead } from '../db/ledger-chain.ts';
import { verifyLedger } from '../db/ledger-verify.ts';
import { findWorkerDatabase } from './ledger/worker-database.ts';

async function main(): Promise<boolean> {
  const { values } = parseArgs({ options: { head: { type: 'string' } } });
  const published = values.head === undefined ? undefined : parseHead(values.head);
  const db = connectDb({
    url: findWorkerDatabase(),
    applicationName: 'tender-ledger-verify',
    poolSize: 1,
    timeoutMs: 3_600_000,
    onError: (error) => console.error(error.message),
  });
  try {
    const { checks, rows, seconds, head: last } = await verifyLedger(db, published);
    const head = last === null ? null : formatHead(last);
    for (const { name, state, what } of checks) {
      console.log(`${state.padEnd(11)} ${name}${what === null ? '' : `: ${what}`}`);
    }
    const perSecond = Math.round(rows / seconds);
    console.log(`${rows} rows in ${seconds.toFixed(2)} s, ${perSecond} rows/s`);
    console.log(`head ${head ?? 'none: nothing is booked'}`);
    const broken = checks.find(({ state }) => state === 'broken');
    const ok = broken === undefined;
    console.log(
      JSON.stringify({
        ...{ name: 'ledger:verify', ok, seconds, rows, rows_per_second: perSecond, head },
        ...(broken !== undefined && { broken: { proof: broken.name, what: broken.what } }),
      }),
    );
    return ok;
  } finally {
    await db.destroy();
  }
}

process.exitCode = await main().then((ok) => (ok ? 0 : 1));
