/**
 * `npm run risk:rebuild`: makes the past that risk features are read from again, from payments, timeline and
 * disputes, while payments go on. Says how much of it was not as it should be. Reads
 * TENDER_WORKER_DATABASE_URL, else the running Tender of TENDER_HOME.
 */
import { connectDb } from '../db/client.ts';
import { rebuildRisk } from '../db/risk-rebuild.ts';
import { findWorkerDatabase } from './ledger/worker-database.ts';

const startedAt = performance.now();
const db = connectDb({
  url: findWorkerDatabase(),
  applicationName: 'tender-risk-rebuild',
  poolSize: 1,
  timeoutMs: 3_600_000,
  onError: (error) => console.error(error.message),
});
try {
  const { payments, corrected, counted } = await rebuildRisk(db);
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10;
  console.log(
    `${payments} payments, ${counted} events, of which ${corrected} corrected, in ${seconds} s`,
  );
  console.log(
    JSON.stringify({ name: 'risk:rebuild', ok: true, seconds, payments, corrected, counted }),
  );
} finally {
  await db.destroy();
}
