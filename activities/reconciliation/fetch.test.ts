/** What Adyen has is taken in once, whole, in whatever order it comes and whoever dies or meets somebody on the way. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { receiveWebhook } from '../../db/access.ts';
import { createImportStore, type ImportStore } from '../../db/import-store.ts';
import { createAdyenReports } from '../../providers/adyen/reports.ts';
import { newId } from '../../runtime/ids.ts';
import { openPaymentDatabase, type PaymentDatabase } from '../../test/support/payment-database.ts';
import {
  answered,
  startReportServer,
  type ReportServer,
} from '../../test/support/report-server.ts';
import { chunksOf } from '../../test/support/settlement-files.ts';
import { samples } from '../../test/support/settlement-samples.ts';
import { waitFor } from '../../test/support/wait.ts';
import { fetchReports, type FetchDeps } from './fetch.ts';
import { importFiles } from './night.ts';

let on: PaymentDatabase;
let store: ImportStore;
let server: ReportServer;
const { signal } = new AbortController();
beforeAll(async () => {
  [on, server] = await Promise.all([openPaymentDatabase(), startReportServer()]);
  store = createImportStore({ url: on.database.workerUrl, onError: () => undefined });
});
afterAll(async () => {
  await store.close();
  await Promise.all([on.close(), server.close()]);
});
beforeEach(async () => {
  server.answers = {};
  await on.rows.all('set session_replication_role = replica');
  await on.rows
    .all(`truncate reconciliations, reconciliation_files, settlement_lines, settlement_parts, fetched_reports,
    settlement_files, settlement_statements, breaks cascade`);
  await on.rows.all('set session_replication_role = origin');
});

const account = 'Shop_EU';
const credentials = { user: 'report@Company.Shop', password: 'secret' };
/** Of one batch of the account; `changed`: with other bytes that say the same. */
function fileOf(batch: number, changed = ''): string {
  const [header = '', ...rows] = samples.adyen.file.trimEnd().split('\n');
  const place = header.split(',').indexOf('Batch Number');
  const lines = rows.map((row) => {
    const fields = row.split(',');
    fields[0] = account;
    return fields
      .with(place, String(batch))
      .map((field) => field.replaceAll('PSP', `B${String(batch)}`))
      .join(',');
  });
  return [header, ...lines].map((line) => `${line}\n`).join('') + changed;
}
const endOf = (batch: number): string => `_batch_${String(batch)}.csv`;
const offer = (...batches: readonly number[]): void => {
  server.answers = Object.fromEntries(
    batches.map((batch) => [endOf(batch), answered(fileOf(batch))]),
  );
};

function fetched(changes: Partial<FetchDeps> = {}): Promise<{ readonly received: number }> {
  const { url } = server;
  const source = createAdyenReports({ url, merchantAccount: account, credentials, firstBatch: 1 });
  const sources = new Map([['adyen', source]]);
  return fetchReports(
    { db: on.worker, store, sources, bytesMax: 1_000_000, signal, ...changes },
    'adyen',
  );
}
const imported = (): Promise<unknown> =>
  importFiles({ db: on.worker, store, providers: new Map(), signal }, 'adyen');
const taken = (): Promise<readonly unknown[]> =>
  on.rows.all(
    `select f.report_id, r.status from fetched_reports f join reconciliations r on r.id = f.reconciliation_id order by 1`,
  );
const row = (
  batch: number,
  status: string,
): { readonly report_id: string; readonly status: string } => ({
  report_id: `batch/${account}/${String(batch)}`,
  status,
});

test('each batch is taken in once, and the next one when it is there', async () => {
  expect(await fetched()).toEqual({ received: 0 });
  offer(1, 2);
  expect(await fetched()).toEqual({ received: 2 });
  expect(await imported()).toEqual({ imported: 2, refused: 0 });
  server.asked.splice(0);
  offer(1, 2, 3);
  expect(await fetched()).toEqual({ received: 1 });
  expect(server.asked.map(({ path }) => path.slice(-13))).toEqual(
    ['_batch_3.csv', '_batch_4.csv'].map((end) => end.padStart(13, 't')),
  );
  expect(await taken()).toEqual([row(1, 'imported'), row(2, 'imported'), row(3, 'received')]);
});

test('by two at once it is one', async () => {
  offer(1, 2);
  const both = await Promise.all([fetched(), fetched()]);
  expect(both.map(({ received }) => received).reduce((sum, one) => sum + one)).toBe(2);
  expect(await imported()).toEqual({ imported: 2, refused: 0 });
  expect(await taken()).toEqual([row(1, 'imported'), row(2, 'imported')]);
});

test('one that was uploaded is not fetched, and one that was passed over is', async () => {
  const upload = {
    kind: 'settlement',
    provider: 'adyen',
    fileName: null,
    requestedBy: 'usr',
  } as const;
  await store.receive(upload, chunksOf(Buffer.from(fileOf(2))));
  await imported();
  offer(1, 2, 3);
  expect(await fetched()).toEqual({ received: 2 });
  expect(await imported()).toEqual({ imported: 2, refused: 0 });
  expect(await taken()).toEqual([row(1, 'imported'), row(3, 'imported')]);
});

test('one that is refused is asked for again, and keeps no other from coming', async () => {
  offer(1, 2);
  const short = fileOf(1).trimEnd().split('\n').slice(0, -1).join('\n');
  server.answers = { ...server.answers, [endOf(1)]: answered(`${short}\n`) };
  expect(await fetched()).toEqual({ received: 2 });
  expect(await imported()).toEqual({ imported: 1, refused: 1 });
  expect(await fetched()).toEqual({ received: 0 });
  offer(1, 2);
  expect(await fetched()).toEqual({ received: 1 });
  expect(await imported()).toEqual({ imported: 1, refused: 0 });
  expect(await taken()).toEqual([row(1, 'imported'), row(2, 'imported')]);
});

test('what is larger than a file may be, or not whole, leaves nothing, and what came before it stays', async () => {
  offer(1, 2);
  const bytesMax = fileOf(1).length;
  server.answers = { ...server.answers, [endOf(2)]: answered(fileOf(2, ' ')) };
  await expect(fetched({ bytesMax })).rejects.toThrow(`adyen: batch/${account}/2 has more than`);
  server.answers = {
    ...server.answers,
    [endOf(2)]: (response) => {
      response
        .writeHead(200, { 'content-length': '9999' })
        .write(fileOf(2), () => response.destroy());
    },
  };
  await expect(fetched()).rejects.toThrow('other side closed');
  expect(await taken()).toEqual([row(1, 'received')]);
  expect(await on.rows.all('select from reconciliation_files')).toHaveLength(1);
  offer(1, 2);
  expect(await fetched()).toEqual({ received: 1 });
});

test('an event that announces a report is closed once that was taken, whichever came first', async () => {
  const announce = (batch: number): Promise<unknown> => {
    const { report_id: reference } = row(batch, '');
    const told = { type: 'REPORT_AVAILABLE', eventId: newId('evt'), reference };
    return receiveWebhook(on.api, { provider: 'adyen', ...told, raw: Buffer.from('{}') }, 0);
  };
  const states = (): Promise<readonly unknown[]> =>
    on.rows.all(`select reference, state from inbox where provider = 'adyen' order by received_at`);
  await announce(1);
  await fetched();
  offer(1);
  expect(await states()).toEqual([{ reference: row(1, '').report_id, state: 'waiting' }]);
  await fetched();
  await announce(1);
  await announce(2);
  await fetched();
  expect(await states()).toEqual([
    { reference: row(1, '').report_id, state: 'looked_up' },
    { reference: row(1, '').report_id, state: 'looked_up' },
    { reference: row(2, '').report_id, state: 'waiting' },
  ]);
});

test('killed while it comes, it was not taken, and the next one takes it', async () => {
  const code = `
    const { createImportStore } = await import('./db/import-store.ts');
    const { createAdyenReports } = await import('./providers/adyen/reports.ts');
    const { fetchReports } = await import('./activities/reconciliation/fetch.ts');
    const [, workerUrl, options] = process.argv;
    const store = createImportStore({ url: workerUrl, onError() {} });
    const sources = new Map([['adyen', createAdyenReports(JSON.parse(options))]]);
    const { signal } = new AbortController();
    await fetchReports({ db: null, store, sources, bytesMax: 1e9, signal }, 'adyen');`;
  offer(1);
  const began = new Promise<void>((resolve) => {
    const more = Buffer.alloc(3_000_000, 'x');
    server.answers = {
      ...server.answers,
      [endOf(2)]: (response) => {
        response.writeHead(200, { 'content-length': '9999999' }).write(more, () => resolve());
      },
    };
  });
  const options = { url: server.url, merchantAccount: account, credentials, firstBatch: 1 };
  const args = ['--input-type=module', '-e', code, on.database.workerUrl, JSON.stringify(options)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  await began;
  await waitFor(async () => expect(await taken()).toEqual([row(1, 'received')]));
  child.kill('SIGKILL');
  await once(child, 'exit');
  offer(1, 2);
  expect(await fetched()).toEqual({ received: 1 });
  expect(await imported()).toEqual({ imported: 2, refused: 0 });
});
