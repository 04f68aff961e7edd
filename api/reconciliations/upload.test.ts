/** Files over HTTP: whole or not at all, once, by those who may, and nothing of another merchant's shown. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { importFile } from '../../activities/import-file.ts';
import { createImportStore, type ImportStore } from '../../db/import-store.ts';
import { openFile } from '../../settlement/read-file.ts';
import { fileSenders } from '../../domain/settlement-file.ts';
import { startBreaksApi, type BreaksApi } from '../../test/support/breaks.ts';
import { newId } from '../../runtime/ids.ts';
import { testKey } from '../../test/support/api.ts';
import { samples } from '../../test/support/settlement-samples.ts';
import { waitFor } from '../../test/support/wait.ts';

let it: BreaksApi;
let store: ImportStore;
beforeAll(async () => {
  it = await startBreaksApi();
  store = createImportStore({ url: it.on.database.workerUrl, onError: () => undefined });
});
afterAll(async () => {
  await store.close();
  await it.close();
});
const spooled = (): number => readdirSync(tmpdir()).filter((name) => name.startsWith('tender-upload-')).length; // prettier-ignore
let spooledBefore: number;
beforeEach(() => {
  it.nudged.splice(0);
  spooledBefore = spooled();
});

type Part = readonly [name: string, value: string | Blob];
const file = (content: string = samples.alder.file): Part => ['file', new Blob([content])];
const alder: readonly Part[] = [['provider', 'alder'], ['kind', 'settlement']]; // prettier-ignore

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

async function upload(
  parts: readonly Part[],
  headers: Readonly<Record<string, string>> = {},
  who = 'fin',
): Promise<Answer> {
  const form = new FormData();
  for (const [name, value] of parts) {
    if (typeof value === 'string') form.append(name, value);
    else form.append(name, value, 'day.csv');
  }
  const key = { 'idempotency-key': newId('key') };
  const response = await fetch(`${it.api.url}/v1/reconciliations`, {
    method: 'POST',
    headers: { ...it.as(who), ...key, ...headers },
    body: form,
  });
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body };
}

const count = async (): Promise<number> =>
  (await it.on.rows.one<{ n: number }>('select count(*)::int as n from reconciliations')).n;

test('it is kept as it came, read by its schedule, and the same one is once', async () => {
  const first = await upload([...alder, file()]);
  const sha256 = createHash('sha256').update(samples.alder.file).digest('hex');
  expect(first).toMatchObject({
    status: 201,
    body: {
      ...{ object: 'reconciliation', provider: 'alder', kind: 'settlement', status: 'received' },
      ...{
        file_name: 'day.csv',
        sha256,
        bytes: samples.alder.file.length,
        requested_by: 'staff:fin',
      },
    },
  });
  const id = String(first.body['id']);
  expect(first.headers.get('location')).toBe(`/v1/reconciliations/${id}`);
  expect(it.nudged).toEqual(['alder']);
  const again = await upload([...alder, file()], {}, 'fay');
  expect([again.status, again.body['id']]).toEqual([200, id]);
  const parts: Buffer[] = [];
  for await (const part of store.read(id)) parts.push(part);
  expect(Buffer.concat(parts).toString()).toBe(samples.alder.file);
  expect(spooled()).toBe(spooledBefore);
});

test('a repeat is the same request, and another file under its key is none', async () => {
  const key = { 'idempotency-key': newId('key') };
  const content = samples.alder.file.replaceAll('cap_', 'key_');
  const first = await upload([...alder, file(content)], key);
  const repeat = await upload([...alder, file(content)], key);
  expect([first.status, repeat.status, repeat.body['id']]).toEqual([201, 201, first.body['id']]);
  expect(repeat.headers.get('idempotent-replayed')).toBe('true');
  const before = await count();
  const other = await upload([...alder, file(`${content}\n`)], key);
  expect([other.status, other.body['code']]).toEqual([422, 'idempotency_key_reused']);
  expect(await count()).toBe(before);
});

test.each<[string, readonly Part[], string, string]>([
  ['no provider', [['kind', 'settlement'], file()], '/provider', 'expected string'],
  ['nobody who sends files', [['provider', 'visa'], ['kind', 'settlement'], file()], '/provider', 'must be one of'],
  ['a bank that settles', [['provider', 'bank_account'], ['kind', 'settlement'], file()], '/provider', 'must be one of'],
  ['no kind there is', [['provider', 'alder'], ['kind', 'report'], file()], '/kind', ''],
  ['a field there is not', [...alder, ['mode', 'x'], file()], '/mode', ''],
  ['a field twice', [...alder, ['kind', 'settlement'], file()], '/kind', 'once'],
  ['a field too long', [['provider', 'a'.repeat(2_000)], ['kind', 'settlement'], file()], '/provider', 'too long'],
  ['no file', [...alder], '/file', 'is required'],
  ['the file under another name', [...alder, ['report', new Blob(['x'])]], '/report', 'is not a field'],
])('%s', async (_, parts, pointer, detail) => {
  const before = await count();
  const { status, body } = await upload(parts);
  const [error] = body['errors'] as readonly { pointer: string; detail: string }[];
  expect([status, error?.pointer]).toEqual([400, pointer]);
  expect(error?.detail).toContain(detail);
  expect(await count()).toBe(before);
  expect(spooled()).toBe(spooledBefore);
}); // prettier-ignore

test.each([
  ['without a key', { 'idempotency-key': '' }, 'fin', 400, 'idempotency_key_missing'],
  ['by one who only reads', {}, 'vic', 403, 'forbidden'],
  ['as JSON', { 'content-type': 'application/json' }, 'fin', 415, 'unsupported_media_type'],
  ['without a boundary', { 'content-type': 'multipart/form-data; x=y' }, 'fin', 400, 'malformed_request'],
])('%s', async (_, headers, who, status, code) => {
  const before = await count();
  const found = await upload([...alder, file()], headers, who);
  expect([found.status, found.body['code']]).toEqual([status, code]);
  expect(await count()).toBe(before);
}); // prettier-ignore

test('by a merchant’s key it is not taken', async () => {
  const { status } = await upload([...alder, file()], { authorization: `Bearer ${testKey}` });
  expect(status).toBe(403);
});

test('a card number in the form is refused', async () => {
  const { status, body } = await upload([['provider', '4242424242424242'], ['kind', 'settlement'], file()]); // prettier-ignore
  expect([status, body['code']]).toEqual([422, 'card_data_refused']);
});

test('cut off in the middle it leaves nothing', async () => {
  const before = await count();
  const whole = 'x'.repeat(200_000);
  const head = `--b\r\ncontent-disposition: form-data; name="provider"\r\n\r\nalder\r\n--b\r\ncontent-disposition: form-data; name="kind"\r\n\r\nsettlement\r\n--b\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n`;
  const call = request(`${it.api.url}/v1/reconciliations`, {
    method: 'POST',
    headers: {
      ...it.as('fin'),
      ...{ 'idempotency-key': newId('key'), 'content-type': 'multipart/form-data; boundary=b' },
      'content-length': String(head.length + whole.length + 9),
    },
  });
  call.on('error', () => undefined);
  call.write(head + whole.slice(0, 100_000));
  await waitFor(async () => expect(spooled()).toBe(spooledBefore + 1));
  call.destroy();
  await waitFor(async () => expect(spooled()).toBe(spooledBefore));
  expect(await count()).toBe(before);
});

test('how far it has come, and what its lines were matched with', async () => {
  const content = samples.alder.file.replaceAll('cap_', 'lin_').replaceAll('20261126', '20261127');
  const { body } = await upload([...alder, file(content)]);
  const id = String(body['id']);
  await importFile({ store, providers: new Map(), signal: new AbortController().signal }, id);
  const get = (path: string, headers = {}): ReturnType<typeof it.api.call> =>
    it.api.call(path, { headers: { ...it.as('vic'), ...headers } });
  expect((await get(`/v1/reconciliations/${id}`)).body).toMatchObject({
    ...{
      status: 'imported',
      format: 'day_csv',
      line_count: 5,
      matched_lines: 0,
      breaks: 0,
      entries: 0,
    },
    totals: { EUR: { count: '2', gross: '700', fee: '39', net: '661' } },
  });
  const other = await it.on.newMerchant();
  const match = `insert into settlement_matches (reconciliation_id, line, subject_id, payment_id, merchant_id, tier) values ($1, $2, $3, null, $4, 1)`; // prettier-ignore
  await it.on.rows.all(match, [id, 2, 'op_1', it.merchantId]);
  await it.on.rows.all(match, [id, 3, 'op_2', other]);
  const page = await get(`/v1/reconciliations/${id}/lines?limit=2`);
  const lines = page.body['data'] as readonly Record<string, unknown>[];
  expect(lines).toMatchObject([
    { line: 2, kind: 'capture', gross: '1000', matches: [{ subject_id: 'op_1', tier: 1 }] },
    { line: 4, kind: 'refund', gross: '-300', matches: [] },
  ]);
  expect(page.body).toMatchObject({ has_more: true, next: '4' });
  const table = await get(`/v1/reconciliations/${id}/lines`, { accept: 'text/csv' });
  const rows = table.text.trimEnd().split('\r\n');
  expect(rows).toHaveLength(5);
  expect(rows[1]).toContain(',op_1,1,,');
  const listed = await get('/v1/reconciliations?status=imported&provider=alder&limit=1');
  expect(listed.body['data']).toMatchObject([{ id, status: 'imported', open_breaks: 0 }]);
  expect((await get(`/v1/reconciliations/${newId('rec')}`)).status).toBe(404);
  expect((await get(`/v1/reconciliations/${newId('rec')}/lines`)).status).toBe(404);
});

test('whoever may be named has a reader', async () => {
  const chunks = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.from('nothing that anybody sends');
  };
  for (const kind of ['settlement', 'bank_statement'] as const) {
    for (const provider of fileSenders[kind]) {
      const opened = openFile(chunks(), { kind, provider });
      await expect(opened).rejects.toMatchObject({
        refusal: { detail: `none that ${provider} sends` },
      });
    }
  }
});
