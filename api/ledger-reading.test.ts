/** GET /v1/ledger/... over real books, as JSON and as CSV; the close and the alarms for staff. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sealLedger } from '../db/ledger-chain.ts';
import { advanceHorizon } from '../db/ledger-closes.ts';
import type { TestApi } from '../test/support/api.ts';
import { startLedgerApi } from '../test/support/ledger-api.ts';
import { anEntry, postEntries, transfer, type TestEntry } from '../test/support/ledger-entries.ts';
import { openPaymentDatabase, type PaymentDatabase } from '../test/support/payment-database.ts';
import { waitFor } from '../test/support/wait.ts';
import { csvLine } from './csv.ts';

let on: PaymentDatabase;
let api: TestApi;
let merchantId: string;
let paymentId: string;
const ledger = (path: string, csv = false): ReturnType<TestApi['call']> =>
  api.call(`/v1/ledger/${path}`, csv ? { headers: { accept: 'text/csv' } } : {});
const keys = async (query: string): Promise<readonly string[]> =>
  ((await ledger(`journal_entries?${query}`)).body['data'] as { key: string }[]).map((e) => e.key);
const dated = (key: string, effectiveAt: string, values: Partial<TestEntry> = {}): TestEntry =>
  ({ ...anEntry(merchantId, { key, ...values }), effective_at: effectiveAt }) as TestEntry;

beforeAll(async () => {
  on = await openPaymentDatabase();
  merchantId = await on.newMerchant();
  api = await startLedgerApi(on, merchantId);
  await postEntries(
    on.worker,
    dated('january', '2026-01-10T00:00:00Z'),
    dated('february', '2026-02-10T00:00:00Z', {
      postings: transfer(7n, { currency: 'JPY', credit: '2900' }),
    }),
    dated('=1+1', '2026-03-10T00:00:00Z'),
  );
  ({ id: paymentId } = await on.captured({ merchantId, currency: 'EUR' }));
  await on.captured();
});
afterAll(async () => {
  await api.close();
  await on.close();
});

test.each([
  ['account=2900', ['february']],
  ['currency=JPY', ['february']],
  ['currency=JPY&account=4000', []],
  ['effective_from=2026-01-10T00:00:00Z&effective_to=2026-02-10T00:00:00Z', ['january']],
  ['effective_from=2026-02-10T01:00:00%2B01:00&effective_to=2026-03-01T00:00:00Z', ['february']],
  ['recorded_to=2026-01-01T00:00:00Z', []],
  ['recorded_from=2026-01-01T00:00:00Z&effective_to=2026-12-31T00:00:00Z&currency=USD', ['=1+1', 'january']], // prettier-ignore
])('entries by %s', async (query, found) => {
  expect(await keys(query)).toEqual(found);
});

test('entries of a payment, of a provider, page by page, and nobody else’s', async () => {
  const all = await keys('limit=100');
  expect(all).toHaveLength(3 + (await keys(`payment_id=${paymentId}`)).length);
  expect(await keys('provider=alder')).toEqual(await keys(`payment_id=${paymentId}`));
  const paged: string[] = [];
  let next = '';
  do {
    const { body } = await ledger(`journal_entries?limit=2${next}`);
    paged.push(...(body['data'] as { key: string }[]).map(({ key }) => key));
    const { next: last } = body as { next: string | null };
    next = last === null ? '' : `&after=${last}`;
  } while (next !== '');
  expect(paged).toEqual(all);
});

describe('as CSV', () => {
  test('entries are a line per posting, and no cell is a formula', async () => {
    const { status, headers, text } = await ledger('journal_entries?currency=USD', true);
    expect([status, headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8; header=present']); // prettier-ignore
    const [head, ...lines] = text.split('\r\n');
    expect(head).toMatch(/^id,key,event,payment_id,effective_at,/);
    expect(lines.pop()).toBe('');
    expect(
      lines.map((line) => line.split(',').slice(1, 3).concat(line.split(',').slice(-5))),
    ).toEqual([
      [`'=1+1`, 'test', '1100', '', 'debit', '100', 'USD'],
      [`'=1+1`, 'test', '4000', '', 'credit', '100', 'USD'],
      ['january', 'test', '1100', '', 'debit', '100', 'USD'],
      ['january', 'test', '4000', '', 'credit', '100', 'USD'],
    ]);
  });

  test('all entries come, however many, and of this merchant alone', async () => {
    for (let batch = 0; batch < 6; batch += 1) {
      await postEntries(
        on.worker,
        ...Array.from({ length: 200 }, () => anEntry(merchantId, { event: 'many' })),
      );
    }
    const { text } = await ledger('journal_entries', true);
    const ids = new Set(text.split('\r\n').slice(1, -1).map((line) => line.split(',')[0])); // prettier-ignore
    const own = await on.rows.all<{ id: string }>('select id from journal_entries where merchant_id = $1', [merchantId]); // prettier-ignore
    expect([...ids].toSorted()).toEqual(own.map(({ id }) => id).toSorted());
  });

  test('the trial balance is a line per balance', async () => {
    const { text } = await ledger('trial_balance?effective_before=2026-02-01T00:00:00Z', true);
    expect(
      text
        .split('\r\n')
        .slice(1)
        .map((line) => line.split(',').slice(1)),
    ).toEqual([
      ['1100', 'USD', '0', '0', '100', '0', '100', '100'],
      ['4000', 'USD', '0', '0', '0', '100', '100', '100'],
      [],
    ]);
  });

  test.each([
    [['=1', '+1', '-x', '@x', '\tx', 'a-b'], `'=1,'+1,'-x,'@x,'\tx,a-b`],
    [['-5', -5, null, ''], '-5,-5,,'],
    [['a,b', 'say "x"', 'two\nlines'], '"a,b","say ""x""","two\nlines"'],
    [['=a,"b"'], `"'=a,""b"""`],
  ])('cells %j', (cells, line) => {
    expect(csvLine(cells)).toBe(`${line}\r\n`);
  });
});

describe('as of', () => {
  test('a time gives the same balance for ever, once nothing can be added before it', async () => {
    const { now } = await on.rows.one<{ now: Date }>('select tender_now() as now');
    const asOf = `trial_balance?as_of=${now.toISOString()}`;
    const first = ledger(asOf);
    await waitFor(async () => {
      if ((await advanceHorizon(on.worker)) < now) throw new Error('not settled yet');
    });
    expect((await first).status).toBe(200);
    await postEntries(on.worker, anEntry(merchantId), dated('late', '2026-01-01T00:00:00Z'));
    expect((await ledger(asOf)).body).toEqual((await first).body);
    const balance = async (times: string): Promise<unknown> =>
      (await ledger(`accounts/2900/balance?currency=JPY${times}`)).body['balance'];
    expect(await balance(`&as_of=${now.toISOString()}`)).toBe('7');
    expect(await balance('&effective_before=2026-02-01T00:00:00Z')).toBe('0');
    expect(await balance('&as_of=2026-01-01T00:00:00Z')).toBe('0');
  });

  test('a time that is not settled yet is refused', async () => {
    for (const path of ['trial_balance?', 'accounts/1100/balance?currency=USD&']) {
      const { status, body } = await ledger(`${path}as_of=2099-01-01T00:00:00Z`);
      expect([status, body['code']]).toEqual([400, 'invalid_request']);
      expect(body['errors']).toEqual([
        { pointer: '/query/as_of', detail: expect.stringMatching(/^must not be after 20/) },
      ]);
    }
  });
});

describe('POST /v1/periods/{date}/close', () => {
  const close = (
    date: string,
    headers: Record<string, string> = { 'x-reason': 'month end' },
    key = 'ada',
  ): ReturnType<TestApi['call']> =>
    api.call(`/v1/periods/${date}/close`, {
      ...{ method: 'POST', key, body: {} },
      headers: { 'tender-merchant': merchantId, 'idempotency-key': date, ...headers },
    });

  test('closes a day or a month, once', async () => {
    await sealLedger(on.worker);
    const first = await close('2026-01');
    expect(first).toMatchObject({
      status: 200,
      body: {
        ...{ object: 'close', period: '2026-01', kind: 'month', closed_by: 'staff:ada' },
        ...{ reason: 'month end', ends_at: '2026-02-01T00:00:00.000Z', unknown_exposure: {} },
      },
    });
    expect((await close('2026-01')).body).toEqual(first.body);
    expect((await close('2026-02-10')).body).toMatchObject({ kind: 'day', entries: 1 });
  });

  test('says no to what is not over, not a date, without a reason, or not staff', async () => {
    const codes = async (asked: ReturnType<TestApi['call']>): Promise<unknown> => [
      (await asked).status,
      (await asked).body['code'],
    ];
    expect(await codes(close('2099-01'))).toEqual([409, 'period_open']);
    for (const date of ['2026-02-30', '2026-13', 'today']) {
      expect(await codes(close(date))).toEqual([404, 'not_found']);
    }
    expect(await codes(close('2026-01', {}))).toEqual([400, 'invalid_request']);
    const key = 'tk_test_0123456789abcdefghijABCDEFGHIJ';
    expect(await codes(close('2026-01', {}, key))).toEqual([403, 'forbidden']);
  });
});
