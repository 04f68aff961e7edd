/**
 * `npm run risk:labels -- --out FILE [--from DATE] [--to DATE]`: what was judged, with the features of then and what
 * is known by now, as `npm run risk:train -- --labels FILE` takes it. `--to` is not included; a decision of the last 7
 * days has no label yet. Reads TENDER_WORKER_DATABASE_URL, else the running Tender of TENDER_HOME.
 */
import { open, rename, rm } from 'node:fs/promises';
import { connectDb } from '../db/client.ts';
import { readLabelled, type LabelledFacts } from '../db/risk-labels.ts';
import { labelDelayDays } from '../domain/risk/counters.ts';
import { featureNames } from '../domain/risk/features.ts';
import { storedVector } from '../domain/risk/stored-vector.ts';
import { findWorkerDatabase } from './ledger/worker-database.ts';
import { readOptions, type LabelsOptions } from './risk-labels/options.ts';

const header = [...featureNames, 'label', 'at'].join(',');

function lineOf({ facts, isFraud, atMs }: LabelledFacts): string {
  const vector = storedVector(facts);
  const values = featureNames.map((name) => vector[name]);
  return [...values, isFraud ? 1 : 0, new Date(atMs).toISOString()].join(',');
}

async function writeLabels({ out, from, to }: LabelsOptions): Promise<string> {
  const db = connectDb({
    url: findWorkerDatabase(),
    applicationName: 'tender-risk-labels',
    poolSize: 1,
    timeoutMs: 3_600_000,
    onError: (error) => console.error(error.message),
  });
  const part = `${out}.part`;
  const file = await open(part, 'w');
  try {
    const written = { rows: 0, frauds: 0 };
    await file.write(`${header}\n`);
    const read = await readLabelled(db, { from, to, delayDays: labelDelayDays }, async (page) => {
      if (page.length > 0) await file.write(`${page.map(lineOf).join('\n')}\n`);
      written.rows += page.length;
      written.frauds += page.filter(({ isFraud }) => isFraud).length;
    });
    if (written.rows === 0) {
      throw new Error(
        `no row to train on: ${read.decisions} decisions are old enough, ${read.unscored} of them could not be scored, ${read.unlabelled} have no label`,
      );
    }
    // Whoever reads it meanwhile sees the old or the new one, whole.
    await file.sync();
    await rename(part, out);
    return JSON.stringify({ name: 'risk:labels', ok: true, ...written, ...read });
  } finally {
    await file.close();
    await rm(part, { force: true });
    await db.destroy();
  }
}

try {
  console.log(await writeLabels(readOptions(process.argv.slice(2))));
} catch (error) {
  console.error(`risk:labels: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
