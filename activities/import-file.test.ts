/** A file is imported whole and once, or refused whole: by one, by two at once, and by who comes after one that was killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createImportStore } from '../db/import-store.ts';
import type { ImportStore, ReceivedFile } from '../db/import-store.ts';
import { openPaymentDatabase } from '../test/support/payment-database.ts';
import type { PaymentDatabase } from '../test/support/payment-database.ts';
import { unknown } from '../test/support/payments.ts';
import { chunksOf, readFile } from '../test/support/settlement-files.ts';
import { samples } from '../test/support/settlement-samples.ts';
import type { SampleName } from '../test/support/settlement-samples.ts';
import { waitFor } from '../test/support/wait.ts';
import { importFile } from './import-file.ts';
import type { FileImported, ImportDeps } from './import-file.ts';

let on: PaymentDatabase;
let store: ImportStore;
let deps: ImportDeps;
beforeAll(async () => {
  on = await openPaymentDatabase();
  store = createImportStore({ url: on.database.workerUrl, onError: () => undefined });
  deps = { store, providers: new Map(), signal: new AbortController().signal };
});
afterAll(async () => {
  await store.close();
  await on.close();
});
beforeEach(async () => {
  await on.rows.all('set session_replication_role = replica');
  await on.rows
    .all(`truncate reconciliations, reconciliation_files, settlement_lines, settlement_parts, fetched_reports,
    settlement_files, settlement_statements, breaks cascade`);
  await on.rows.all('set session_replication_role = origin');
});

function received(name: SampleName, values: Partial<ReceivedFile> = {}): ReceivedFile {
  const { kind, provider } = samples[name].source;
  return { kind, provider, fileName: null, requestedBy: 'test', ...values };
}

async function receive(
  name: SampleName,
  file: string | Buffer = samples[name].file,
): Promise<string> {
  const { id } = await store.receive(received(name), chunksOf(Buffer.from(file), 700));
  return id;
}

async function taken(name: SampleName, file?: string | Buffer): Promise<FileImported> {
  return importFile(deps, await receive(name, file));
}

test.each(Object.keys(samples) as SampleName[])(
  'lines of %s are kept as they were read',
  async (name) => {
    const { id } = await taken(name);
    const { lines, summary, format } = await readFile(samples[name].file, samples[name].source);
    const kept = await on.rows.all(
      `select line, kind, word, reference, provider_reference as "providerReference", parent_reference as "parentReference",
       gross::text, fee::text, net::text, currency, charged::text, charged_currency as "chargedCurrency", batch,
       counterparty,
       (extract(epoch from occurred_at) * 1000)::bigint::text as "occurredAt"
     from settlement_lines where reconciliation_id = $1 order by line`,
      [id],
    );
    const shown = (value: unknown): unknown =>
      typeof value === 'bigint' || (typeof value === 'number' && value > 1e9)
        ? String(value)
        : value;
    expect(kept).toEqual(
      lines.map((line) =>
        Object.fromEntries(
          Object.entries({ counterparty: null, ...line }).map(([key, value]) => [
            key,
            shown(value),
          ]),
        ),
      ),
    );
    const [file] = await on.rows.all(
      `select status, format, statement_id, covers_from, covers_to, line_count, imported_at is not null as imported
     from reconciliations where id = $1`,
      [id],
    );
    expect(file).toEqual({
      ...{ status: 'imported', format, statement_id: summary.statementId, imported: true },
      covers_from: summary.span === null ? null : new Date(summary.span.from),
      covers_to: summary.span === null ? null : new Date(summary.span.to),
      line_count: String(lines.length),
    });
    const parts = await on.rows.all<{ part: string }>(
      'select part from settlement_parts order by part',
    );
    expect(parts.map(({ part }) => part)).toEqual([...summary.parts].sort());
  },
);

test('totals are by currency, without the payouts that they come to', async () => {
  await taken('alder');
  expect(await on.rows.all('select totals from reconciliations')).toEqual([
    {
      totals: {
        EUR: { count: '2', gross: '700', fee: '39', net: '661' },
        JPY: { count: '1', gross: '500', fee: '7', net: '493' },
      },
    },
  ]);
});

test('a file is given back as it was received, whatever chunks it came in', async () => {
  const file = Buffer.alloc(3 * 1_024 ** 2 + 17, 'line\n');
  const { id, isFresh } = await store.receive(received('alder'), chunksOf(file, 300_001));
  expect(isFresh).toBe(true);
  const parts: Buffer[] = [];
  for await (const part of store.read(id)) parts.push(part);
  expect(Buffer.concat(parts).equals(file)).toBe(true);
  expect(parts.map((part) => part.length)).toEqual([1_048_576, 1_048_576, 1_048_576, 17]);
  const rows = await on.rows.all(
    `select encode(source_hash, 'hex') = encode(sha256($1), 'hex') as same, source_bytes from reconciliations`,
    [file],
  );
  expect(rows).toEqual([{ same: true, source_bytes: String(file.length) }]);
});

test('the same file by many at once is one, imported once', async () => {
  const ids = await Promise.all(Array.from({ length: 4 }, () => receive('alder')));
  expect(new Set(ids).size).toBe(1);
  const results = await Promise.all(ids.map((id) => importFile(deps, id)));
  expect(results.map(({ status }) => status)).toEqual(Array(4).fill('imported'));
  expect(results.filter(({ lines }) => lines === 5)).toHaveLength(1);
  expect(await on.rows.all('select count(*)::int as files from reconciliations')).toEqual([
    { files: 1 },
  ]);
  expect(await on.rows.all('select count(*)::int as lines from settlement_lines')).toEqual([
    { lines: 5 },
  ]);
  expect(await on.rows.all('select count(*)::int as chunks from reconciliation_files')).toEqual([
    { chunks: 1 },
  ]);
});

test('what is refused is kept with its reason and told to people, and its corrected version is taken', async () => {
  const broken = samples.alder.file.replace(',total,700,', ',total,701,');
  const { id, status } = await taken('alder', broken);
  expect(status).toBe('refused');
  const refusal = { code: 'totals', line: 7, field: null, detail: expect.any(String) };
  expect(
    await on.rows.all('select status, format, refusal, line_count from reconciliations'),
  ).toEqual([{ status: 'refused', format: 'day_csv', refusal, line_count: '0' }]);
  expect(
    await on.rows.all('select kind, provider, reconciliation_id, detail, status from breaks'),
  ).toEqual([
    { kind: 'file', provider: 'alder', reconciliation_id: id, detail: refusal, status: 'open' },
  ]);
  for (const table of ['settlement_lines', 'settlement_parts', 'settlement_files']) {
    expect(await on.rows.all(`select from ${table}`)).toEqual([]);
  }
  const again = await taken('alder', broken);
  expect(again).toMatchObject({ id, status: 'refused' });
  expect(await on.rows.all('select from breaks')).toHaveLength(1);
  expect(await taken('alder')).toMatchObject({ status: 'imported', lines: 5 });
});

test('what one file told, no other file tells again, in whatever format', async () => {
  const [first, second] = await Promise.all([
    taken('alder'),
    taken('alder', gzipSync(samples.alder.file)),
  ]);
  expect([first.status, second.status].sort()).toEqual(['imported', 'refused']);
  expect(first.refusal ?? second.refusal).toMatchObject({ code: 'twice' });
  expect(await taken('stripeTransactions')).toMatchObject({ status: 'imported' });
  expect((await taken('stripe')).refusal).toMatchObject({ code: 'twice' });
  expect(
    await on.rows.all(
      'select count(distinct reconciliation_id)::int as files from settlement_lines',
    ),
  ).toEqual([{ files: 2 }]);
});

test('two reports of nothing are one file, and each proves its own day', async () => {
  const header = `${samples.adyen.file.split('\n')[0] ?? ''}\n`;
  const uploaded = await taken('adyen', header);
  expect(uploaded.refusal).toMatchObject({ code: 'truncated' });
  const spanOf = (day: number): { from: string; to: string } => ({
    from: `2026-11-0${String(day)}T00:00:00.000Z`,
    to: `2026-11-0${String(day + 1)}T00:00:00.000Z`,
  });
  const bytes = Buffer.from(header.replace('Exchange Rate', 'Exchange rate'));
  const ids: string[] = [];
  for (const day of [1, 2, 2, 3]) {
    const report = { id: `adyen-${String(day)}`, span: spanOf(day) };
    const { id } = await store.receive(received('adyen', { report }), chunksOf(bytes));
    ids.push(id);
    expect(await importFile(deps, id)).toMatchObject({ status: 'imported' });
  }
  expect(new Set(ids).size).toBe(1);
  const files = await on.rows.all(
    'select covers_from, covers_to, lists from settlement_files order by covers_from',
  );
  expect(files).toEqual(
    [1, 2, 3].map((day) => ({
      covers_from: new Date(spanOf(day).from),
      covers_to: new Date(spanOf(day).to),
      lists: ['captured', 'refunded'],
    })),
  );
  expect([...(await store.listKnown('settlement', 'adyen'))].sort()).toEqual([
    'adyen-1',
    'adyen-2',
    'adyen-3',
  ]);
});

test('only what is not recorded becomes evidence, and wakes its payment; silence counts over the span', async () => {
  const known = await on.captured({ amount: 1_000n, currency: 'EUR', captureMethod: 'automatic' });
  const doubted = await on.tried(
    { amount: 500n, currency: 'JPY', captureMethod: 'automatic' },
    unknown(),
  );
  const [sold] = known.attempts;
  const [tried] = doubted.attempts;
  const file = samples.alder.file
    .replace(',op_1,', `,${sold?.id ?? ''},`)
    .replace(',op_2,', `,${tried?.id ?? ''},`);
  await on.rows.all('update payments set wake_at = null');
  await taken('alder', file);
  const said = await on.rows.all(
    'select line, reference, says, amount, currency, handled_at from settlement_statements',
  );
  expect(said).toEqual([
    {
      line: 3,
      reference: tried?.id,
      says: 'captured',
      amount: '500',
      currency: 'JPY',
      handled_at: null,
    },
  ]);
  const woken = await on.rows.all('select id from payments where wake_at is not null');
  expect(woken).toEqual([{ id: doubted.id }]);
  expect(await on.rows.all('select covers_from, covers_to, lists from settlement_files')).toEqual([
    {
      covers_from: new Date('2026-11-26T00:00:00Z'),
      covers_to: new Date('2026-11-27T00:00:00Z'),
      lists: ['captured', 'refunded'],
    },
  ]);
});

/** Runs until it says `here`, and is killed there. */
async function killedAt(step: string, id = ''): Promise<void> {
  const code = `
    const { createImportStore } = await import('./db/import-store.ts');
    const { importFile } = await import('./activities/import-file.ts');
    const store = createImportStore({ url: process.argv[1], onError() {} });
    const here = () => { console.log('here'); return new Promise(() => setInterval(() => {}, 1000)); };
    async function* bytes() { yield Buffer.alloc(3000000, 'x'); await here(); }
    const file = { kind: 'settlement', provider: 'alder', fileName: null, requestedBy: 'test' };
    if (process.argv[2] === 'receive') await store.receive(file, bytes());
    const importLines = store.importLines;
    store.importLines = (id, write) => importLines(id, (take) => write(async (lines) => {
      await take(lines);
      if (process.argv[2] === 'copy' && lines.length > 0) await here();
    }).then(async (done) => {
      if (process.argv[2] === 'finish') await here();
      return done;
    }));
    await importFile({ store, providers: new Map(), signal: new AbortController().signal }, process.argv[3]);`;
  const child = spawn(
    process.execPath,
    ['--input-type=module', '-e', code, on.database.workerUrl, step, id],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const said = await once(child.stdout, 'data');
  expect(String(said[0])).toBe('here\n');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('killed while it receives, nothing was received', async () => {
  await killedAt('receive');
  await waitFor(async () => {
    const held = `select from pg_stat_activity where application_name = 'tender-import' and state like 'idle in%' and pid <> pg_backend_pid()`;
    expect(await on.rows.all(held)).toEqual([]);
  });
  expect(await on.rows.all('select from reconciliation_files')).toEqual([]);
  expect(await on.rows.all('select from reconciliations')).toEqual([]);
});

test.each(['copy', 'finish'])('killed at %s, the next one imports it whole', async (step) => {
  const id = await receive('alder');
  await killedAt(step, id);
  expect(await store.listWaiting()).toEqual([id]);
  expect(await importFile(deps, id)).toMatchObject({ status: 'imported', lines: 5 });
  expect(await store.listWaiting()).toEqual([]);
  expect(await on.rows.all('select line from settlement_lines order by line')).toHaveLength(5);
});
