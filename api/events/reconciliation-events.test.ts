/** `break.opened` and `reconciliation.completed` over HTTP: what a merchant's key is told, and what staff are. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { markCompleted } from '../../db/reconciliations.ts';
import { newId } from '../../runtime/ids.ts';
import { fakePorts, startApi, testPrincipal, type ApiResponse, type TestApi } from '../../test/support/api.ts'; // prettier-ignore
import { openSettlementWorld, type SettlementWorld } from '../../test/support/settlement-world.ts';
import { createBreaks } from '../backend/breaks.ts';
import { createEvents } from '../backend/events.ts';
import { eventSchema } from './schema.ts';

let on: SettlementWorld;
let api: TestApi;
let merchantId: string;
let file: string;
beforeAll(async () => {
  on = await openSettlementWorld();
  merchantId = await on.newMerchant();
  const other = await on.newMerchant();
  const short = await on.sale({ merchantId });
  const shortToo = await on.sale({ merchantId: other });
  file = await on.file([
    on.lineOf(short, { gross: 9_000 }),
    on.lineOf(shortToo, { gross: 8_000 }),
    { kind: 'capture', reference: newId('att'), gross: 100, currency: 'USD' },
  ]);
  await on.night(file);
  await markCompleted(on.worker, file);
  api = await startApi(
    fakePorts({
      principals: {
        byApiKey: async () => ({ ...testPrincipal, merchantId, scopes: ['events:read'] }),
        merchantExists: async () => true,
      },
      breaks: createBreaks(on.worker),
      events: createEvents(on.api, on.worker),
    }),
    { staff: { verify: async (subject) => ({ subject, scopes: ['events:read', 'breaks:read'] }) } },
  );
});
afterAll(async () => {
  await api.close();
  await on.close();
});

const staff = (): object => ({ authorization: 'Bearer vic', 'tender-merchant': merchantId });

interface Event {
  readonly merchant_id: string | null;
  readonly data: { readonly object: Readonly<Record<string, unknown>> };
}
function events({ status, body }: ApiResponse): readonly Event[] {
  expect(status).toBe(200);
  return (body['data'] as readonly unknown[]).map((event) => eventSchema.parse(event) as Event);
}

test('a merchant’s key sees what is its own', async () => {
  const opened = events(await api.call('/v1/events?type=break.opened'));
  expect(opened).toMatchObject([
    { merchant_id: merchantId, data: { object: { object: 'break', kind: 'amount', amount: '-1000', status: 'open' } } }, // prettier-ignore
  ]);
  const completed = events(await api.call('/v1/events?type=reconciliation.completed'));
  expect(completed).toMatchObject([
    {
      merchant_id: merchantId,
      data: {
        object: {
          ...{ object: 'completed_reconciliation', id: file, provider: 'alder' },
          ...{ line_count: null, matched_lines: 1, open_breaks: 1 }, // prettier-ignore
        },
      },
    },
  ]);
});

test('staff see that, and what is of nobody', async () => {
  const headers = { ...staff() };
  const opened = events(await api.call('/v1/events?type=break.opened', { headers }));
  expect(opened.map(({ merchant_id: of, data }) => [of, data.object['kind']])).toEqual(
    expect.arrayContaining([
      [merchantId, 'amount'],
      [null, expect.stringMatching(/missing_internal|orphan/)],
    ]),
  );
  expect(opened).toHaveLength(2);
  const completed = events(await api.call('/v1/events?type=reconciliation.completed', { headers }));
  expect(completed.map(({ merchant_id: of, data }) => [of, data.object['line_count'], data.object['matched_lines']])).toEqual([[merchantId, null, 1], [null, 3, 2]]); // prettier-ignore
});

test('page by page nothing is left out or told twice', async () => {
  const ids: string[] = [];
  let after = '';
  for (;;) {
    const { body } = await api.call(`/v1/events?limit=1${after}`, { headers: { ...staff() } });
    ids.push(...(body['data'] as readonly { id: string }[]).map(({ id }) => id));
    if (typeof body['next'] !== 'string') break;
    after = `&after=${body['next']}`;
  }
  const all = await on.rows.all<{ id: string }>(
    'select id from outbox where merchant_id = $1 or merchant_id is null order by id desc',
    [merchantId],
  );
  expect(ids).toEqual(all.map(({ id }) => id));
});

test('a break is as it was when it was opened', async () => {
  const read = await api.call('/v1/breaks?kind=amount', { headers: { ...staff() } });
  const [now] = read.body['data'] as readonly Readonly<Record<string, unknown>>[];
  const [event] = events(await api.call('/v1/events?type=break.opened'));
  expect({ ...event?.data.object, age_seconds: now?.['age_seconds'] }).toEqual(now);
});
