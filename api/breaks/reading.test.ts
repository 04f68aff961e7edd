/** Breaks over HTTP: who sees which, by what, and how they leave for a spreadsheet. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ApiResponse } from '../../test/support/api.ts';
import { insertBreak, insertFile, startBreaksApi, type BreaksApi } from '../../test/support/breaks.ts'; // prettier-ignore
import { newId } from '../../runtime/ids.ts';

let it: BreaksApi;
let file: string;
const formula = '=HYPERLINK("http://evil.example","x")';
beforeAll(async () => {
  it = await startBreaksApi();
  const { on, merchantId } = it;
  const payment = await on.captured({ merchantId });
  file = await insertFile(on.rows, [
    { reference: formula, kind: 'unknown', word: 'mystery', gross: -250 },
    { reference: payment.attempts[0]?.id ?? '', gross: 9_999 },
  ]);
  const other = await on.newMerchant();
  const of = { reconciliationId: file, currency: 'USD' };
  await insertBreak(on.rows, { ...of, kind: 'orphan', line: 1, amount: -250, ageDays: 9, detail: { expected: null, found: formula, step: 'suspense' } }); // prettier-ignore
  await insertBreak(on.rows, {
    ...{ ...of, kind: 'amount', line: 2, merchantId, paymentId: payment.id, ageDays: 3 },
    ...{ subjectId: payment.operations[0]?.id ?? '', amount: -1 },
    detail: { expected: '10000', found: '9999', step: 'suspense' },
  });
  await insertBreak(on.rows, { ...of, kind: 'amount', line: 3, merchantId: other, amount: 5 });
  await insertBreak(on.rows, { kind: 'file', provider: 'birch', detail: { expected: 'a file' } });
});
afterAll(() => it.close());

function get(path: string, who = 'vic', headers = {}): Promise<ApiResponse> {
  return it.api.call(path, { headers: { ...it.as(who), ...headers } });
}
function kinds({ body }: ApiResponse): unknown {
  return (body['data'] as readonly { kind: string }[]).map(({ kind }) => kind);
}

test('are listed newest first: of the merchant, and of nobody known', async () => {
  expect(kinds(await get('/v1/breaks'))).toEqual(['file', 'amount', 'orphan']);
  const first = await get('/v1/breaks?limit=1');
  expect(first.body).toMatchObject({ has_more: true, data: [{ kind: 'file', merchant_id: null }] });
  const rest = await get(`/v1/breaks?after=${String(first.body['next'])}`);
  expect([kinds(rest), rest.body['has_more']]).toEqual([['amount', 'orphan'], false]);
});

test.each([
  ['kind=orphan', ['orphan']],
  ['provider=birch', ['file']],
  ['min_age_days=3', ['amount', 'orphan']],
  ['min_age_days=4', ['orphan']],
  ['status=open&provider=alder', ['amount', 'orphan']],
  ['status=resolved', []],
])('by %s', async (query, found) => {
  expect(kinds(await get(`/v1/breaks?${query}`))).toEqual(found);
});

test('of one file, and of none that is not there', async () => {
  expect(kinds(await get(`/v1/reconciliations/${file}/breaks`))).toEqual(['amount', 'orphan']);
  expect(kinds(await get(`/v1/reconciliations/${file}/breaks?kind=fx`))).toEqual([]);
  expect((await get(`/v1/reconciliations/${newId('rec')}/breaks`)).status).toBe(404);
  expect((await get('/v1/reconciliations/rec_x/breaks')).status).toBe(404);
});

test('one shows what was expected and found, its line, and what may be done', async () => {
  const list = (await get('/v1/breaks?kind=amount')).body['data'] as readonly { id: string }[];
  const one = await get(`/v1/breaks/${list[0]?.id ?? ''}`);
  expect([one.status, one.body]).toMatchObject([
    200,
    {
      ...{ object: 'break', kind: 'amount', status: 'open', amount: '-1', currency: 'USD' },
      ...{
        expected: '10000',
        found: '9999',
        step: 'suspense',
        age_seconds: expect.closeTo(3 * 86_400, -2),
      },
      suggested_actions: ['claim', 'amend', 'write_off'],
      settlement_line: { line: 2, gross: '9999', currency: 'USD' },
      journal_entry_ids: [],
    },
  ]);
});

test('not another merchant’s, not by a merchant’s key, not without the scope', async () => {
  const [foreign] = await it.on.rows.all<{ id: string }>('select id from breaks where line = 3');
  expect((await get(`/v1/breaks/${foreign?.id ?? ''}`)).status).toBe(404);
  expect((await get('/v1/breaks', 'sue')).body).toMatchObject({ code: 'forbidden' });
  expect((await it.api.call('/v1/breaks')).body).toMatchObject({ code: 'forbidden' });
  expect((await get('/v1/breaks?status=closed')).status).toBe(400);
  expect((await get('/v1/breaks?min_age_days=-1')).status).toBe(400);
});

test('as CSV: every page, and nothing that a spreadsheet would run', async () => {
  const { headers, text } = await get('/v1/breaks', 'vic', { accept: 'text/csv' });
  expect(headers.get('content-type')).toContain('text/csv');
  const lines = text.trimEnd().split('\r\n');
  expect(lines).toHaveLength(4);
  expect(lines[0]).toContain('id,kind,status,provider');
  expect(lines[3]).toContain(`"'=HYPERLINK(""http://evil.example"",""x"")"`);
  expect(lines[2]).toContain(',-1,USD,10000,9999,');
  const of = await get(`/v1/reconciliations/${newId('rec')}/breaks`, 'vic', { accept: 'text/csv' });
  expect(of.status).toBe(404);
});
