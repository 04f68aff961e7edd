/** Adyen's settlement details, fetched by their numbers: each once, whole, from where we ask and nowhere else. */
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { reportUser } from '../../sandbox/adyen/downloads.ts';
import { merchantAccount } from '../../sandbox/adyen/present.ts';
import { startTestSandbox, type TestSandbox } from '../../sandbox/testing/client.ts';
import {
  answered,
  startReportServer,
  type ReportAnswer,
  type ReportServer,
} from '../../test/support/report-server.ts';
import { readFetched } from '../../test/support/settlement-files.ts';
import { samples } from '../../test/support/settlement-samples.ts';
import { anAuthorization, anOperation, assertApproved } from '../conformance/harness.ts';
import { createAdyenProvider } from './provider.ts';
import { createAdyenReports, type AdyenReportOptions } from './reports.ts';

const { user, password, apiKey } = reportUser;
let sandbox: TestSandbox;
let server: ReportServer;
beforeAll(async () => {
  [sandbox, server] = await Promise.all([startTestSandbox(), startReportServer()]);
});
afterAll(() => Promise.all([sandbox.close(), server.close()]));
beforeEach(() => {
  server.asked.splice(0);
  server.answers = {};
});

function options(changes: Partial<AdyenReportOptions> = {}): AdyenReportOptions {
  const url = `${sandbox.url}/adyen/reports/download`;
  return { url, merchantAccount, credentials: { user, password }, firstBatch: 1, ...changes };
}
const batch = (number: number): string => `batch/${merchantAccount}/${String(number)}`;
const pathOf = (number: number): string =>
  `/MerchantAccount/${merchantAccount}/settlement_detail_report_batch_${String(number)}.csv`;

async function captured(): Promise<string> {
  const front = { url: `${sandbox.url}/adyen`, mode: 'test', livePrefix: undefined } as const;
  const adyen = createAdyenProvider({ ...front, apiKey: 'k', merchantAccount, hmacKeys: [] });
  const request = anAuthorization('shopper/tok_visa', { amountMinor: 5_000n });
  const outcome = await adyen.authorize(request);
  assertApproved(outcome);
  const capture = anOperation({ request, outcome }, 4_000n, true);
  await adyen.capture?.(capture);
  return capture.reference;
}

test('batches come one by one, those of empty days as well, until there is none yet', async () => {
  const source = createAdyenReports(options());
  expect(await readFetched(source)).toEqual([]);
  const reference = await captured();
  await sandbox.advance(3 * 86_400);
  const files = await readFetched(source);
  const kindsOf = (index: number): unknown =>
    files[index]?.lines.map((line) => [line.kind, line.reference, line.gross]);
  expect(files.map(({ id }) => id)).toEqual([1, 2, 3].map(batch));
  expect(kindsOf(0)).toEqual([
    ['capture', reference, 4_000n],
    ['payout', null, 3_965n],
  ]);
  expect([kindsOf(1), kindsOf(2)]).toEqual([[], []]);
  expect(files[0]?.summary.parts).toEqual([batch(1)]);
  const byKey = createAdyenReports(options({ credentials: { apiKey } }));
  expect((await readFetched(byKey, [batch(1), batch(2)])).map(({ id }) => id)).toEqual([batch(3)]);
});

test('it is asked for what is not known, from the first one on, and past the newest only once', async () => {
  const { url } = server;
  server.answers = { [pathOf(7)]: answered('a,b\n'), [pathOf(10)]: answered('a,b\n') };
  const known = new Set([batch(6), batch(8), 'batch/Another/99', 'something else']);
  const ids: string[] = [];
  const source = createAdyenReports(options({ url: `${url}/`, firstBatch: 5 }));
  for await (const { id, fileName } of source.fetch(known)) ids.push(`${id} ${fileName}`);
  expect(ids).toEqual([`${batch(7)} settlement_detail_report_batch_7.csv`]);
  expect(server.asked.map(({ path }) => path)).toEqual([5, 7, 9].map(pathOf));
  const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  expect(server.asked.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill(basic));
});

test('an account cannot lead to another address', async () => {
  const { url } = server;
  const source = createAdyenReports(options({ url, merchantAccount: 'a/../b?c#d' }));
  expect(await readFetched(source)).toEqual([]);
  expect(server.asked.map(({ path }) => path)).toEqual([
    '/MerchantAccount/a%2F..%2Fb%3Fc%23d/settlement_detail_report_batch_1.csv',
  ]);
});

/** All that the report of an empty batch is: cut off behind it, nothing in the file would tell. */
const header = `${samples.adyen.file.split('\n')[0] ?? ''}\n`;
const cutOff =
  (headers: Readonly<Record<string, string>>): ReportAnswer =>
  (response) => {
    response.writeHead(200, headers).write(header, () => response.destroy());
  };
const endless: ReportAnswer = (response) => {
  response.removeHeader('transfer-encoding');
  response.socket?.end('HTTP/1.1 200 OK\r\ncontent-type: text/csv\r\n\r\n' + header);
};
const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): ReportAnswer =>
  (response) =>
    response.writeHead(code, headers).end('{"message":"no"}');

test.each<[string, ReportAnswer, string]>([
  ['a redirect', status(302, { location: '/elsewhere' }), 'HTTP 302'],
  ['one to keep', status(308, { location: 'http://127.0.0.1:2/' }), 'HTTP 308'],
  ['credentials that are not taken', status(401), 'HTTP 401'],
  ['a user without the right', status(403), 'HTTP 403'],
  ['too many calls', status(429), 'HTTP 429'],
  ['an error of its own', status(500), 'HTTP 500'],
  ['a page to log in', answered('<html>', { 'content-type': 'text/html;charset=UTF-8' }), 'a page'],
  [
    'fewer bytes than announced',
    cutOff({ 'content-length': '9999' }),
    'SocketError: other side closed',
  ],
  [
    'pieces that end too early',
    cutOff({ 'transfer-encoding': 'chunked' }),
    'SocketError: other side closed',
  ],
  ['bytes that could end anywhere', endless, 'without its length'],
])('%s is an error and no file, and tells nothing of who asked', async (_case, answer, message) => {
  const { url } = server;
  server.answers = { [pathOf(1)]: answer };
  const failed = await readFetched(createAdyenReports(options({ url }))).catch(
    (error: unknown) => error,
  );
  expect(failed).toBeInstanceOf(Error);
  expect(String(failed)).toContain(message);
  expect(JSON.stringify([String(failed), failed])).not.toContain(password);
  expect(server.asked.map(({ path }) => path)).toEqual([pathOf(1)]);
});

test.each([
  ['another password', { user, password: `${password}!` }],
  ['another user', { user: 'ws', password }],
  ['the key that payments are made by', { apiKey: 'k' }],
])('the sandbox lets nobody download with %s', async (_case, credentials) => {
  await expect(readFetched(createAdyenReports(options({ credentials })))).rejects.toThrow(
    'adyen: HTTP 401',
  );
});

test('the sandbox has no reports of other accounts, and none of other names', async () => {
  const headers = { 'x-api-key': apiKey };
  const statusOf = async (path: string): Promise<number> =>
    (await fetch(`${sandbox.url}/adyen/reports/download${path}`, { headers })).status;
  expect(await statusOf(pathOf(1))).toBe(200);
  for (const path of [
    pathOf(1).replace(merchantAccount, 'Another'),
    pathOf(1).replace('MerchantAccount', 'Company'),
    pathOf(1).replace('batch_1', 'batch_01'),
    pathOf(1).replace('batch_1', 'batch_99'),
    `${pathOf(1)}/x`,
  ]) {
    expect([path, await statusOf(path)]).toEqual([path, 404]);
  }
});
