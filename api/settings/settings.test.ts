/** A merchant's settings over HTTP: read with their version, changed by two people or not at all. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createApprovals } from '../backend/approvals.ts';
import { createSettings } from '../backend/settings.ts';
import type { StaffMember } from '../staff-tokens.ts';
import { newId } from '../../runtime/ids.ts';
import { fakePorts, startApi, type ApiResponse, type TestApi } from '../../test/support/api.ts';
import { aContract } from '../../test/support/payments.ts';
import { countOf, openPaymentDatabase, verdictOf, type PaymentDatabase } from '../../test/support/payment-database.ts'; // prettier-ignore
import { lapseApprovals } from '../../db/approvals.ts';
import { waitFor } from '../../test/support/wait.ts';
import { applySettings } from '../../db/merchant-settings.ts';

const staff: Record<string, StaffMember> = {
  admin: { subject: 'ada', scopes: ['settings:read', 'settings:write', 'settings:approve', 'approvals:decide'] }, // prettier-ignore
  finance: { subject: 'fin', scopes: ['settings:read', 'settings:approve', 'approvals:decide'] },
  support: { subject: 'sue', scopes: ['settings:read', 'approvals:decide'] },
};

let on: PaymentDatabase;
let api: TestApi;
let merchantId: string;
beforeAll(async () => {
  on = await openPaymentDatabase();
  merchantId = await on.newMerchant();
  const approvals = createApprovals({
    ...{ workerDb: on.worker, nudge: async () => undefined, refreshRouting: async () => undefined },
    contractOf: () => aContract(),
  });
  const ports = fakePorts({
    principals: { merchantExists: async () => true },
    ...{ approvals, settings: createSettings(on.worker) },
  });
  api = await startApi(ports, { staff: { verify: async (token) => staff[token] ?? null } });
});
afterAll(async () => {
  await api.close();
  await on.close();
});

const as = (who: string, more: object = {}): Record<string, string> => ({
  ...{ authorization: `Bearer ${who}`, 'tender-merchant': merchantId, 'x-reason': 'less risk' },
  ...more,
});
const read = (who = 'support'): Promise<ApiResponse> =>
  api.call('/v1/settings', { headers: as(who), key: null });
const put = (refund_limits: unknown, etag: string, who = 'admin'): Promise<ApiResponse> =>
  api.call('/v1/settings', {
    ...{ method: 'PUT', body: { refund_limits }, key: null },
    headers: as(who, { 'if-match': etag }),
  });
const approve = (id: unknown, who: string): Promise<ApiResponse> =>
  api.post(`/v1/approvals/${String(id)}/approve`, {}, as(who, { 'idempotency-key': newId('key') }));
const seen = ({ status, body }: ApiResponse): string =>
  `${status} ${String(body['code'] ?? body['status'])}`;

test('the limit of refunds is changed by two people, and holds from then on', async () => {
  const first = await read();
  expect([first.status, first.headers.get('etag'), first.body]).toEqual([
    ...[200, '"1"'],
    {
      ...{ object: 'settings', merchant_id: merchantId, version: 1 },
      ...{ refund_limits: null, payouts: {}, risk: {} },
    },
  ]);
  const asked = await put({ USD: 5_000, JPY: 0 }, '"1"');
  expect([asked.status, asked.body]).toMatchObject([
    202,
    { kind: 'merchant_settings', status: 'open', binds: { id: merchantId, version: 1 } },
  ]);
  const { id } = asked.body;
  // Its answer was lost.
  expect((await put({ USD: 5_000, JPY: 0 }, '"1"')).body['id']).toBe(id);
  expect(seen(await approve(id, 'admin'))).toBe('403 second_person_required');
  expect(seen(await approve(id, 'support'))).toBe('403 forbidden');
  expect((await read()).body['refund_limits']).toBeNull();
  expect((await on.captured({ merchantId })).refundLimit).toBeNull();
  expect(seen(await approve(id, 'finance'))).toBe('200 approved');
  expect((await read()).body).toMatchObject({ version: 2, refund_limits: { USD: 5_000, JPY: 0 } });
  expect((await on.captured({ merchantId })).refundLimit).toBe(5_000n);
});

test('of four approved at once one is in force', async () => {
  const etag = (await read()).headers.get('etag') ?? '';
  const ids = await Promise.all(
    [1, 2, 3, 4].map(async (n) => (await put({ USD: n }, etag)).body['id']),
  );
  const answers = await Promise.all(ids.map((id) => approve(id, 'finance')));
  expect(countOf(answers.map(seen))).toEqual({ '200 approved': 1, '409 settings_changed': 3 });
  expect(seen(await put({ USD: 9 }, etag))).toBe('412 precondition_failed');
});

test('no limit at all is a setting too', async () => {
  const asked = await put(null, '*');
  expect(seen(await approve(asked.body['id'], 'finance'))).toBe('200 approved');
  expect((await on.captured({ merchantId })).refundLimit).toBeNull();
});

test('nobody else asks, nothing else is a limit, and nothing is written around it', async () => {
  expect(seen(await put({ USD: 1 }, '*', 'finance'))).toBe('403 forbidden');
  expect((await api.call('/v1/settings')).status).toBe(403);
  for (const limits of [{ EURO: 1 }, { USD: -1 }, { USD: 1.5 }, 5]) {
    expect(seen(await put(limits, '*'))).toBe('400 invalid_request');
  }
  const open = await put({ USD: 1 }, '*');
  for (const id of ['apr_x', String(open.body['id'])]) {
    const written = on.worker.transaction().execute((trx) => applySettings(trx, id));
    expect(await verdictOf(written)).toBe('settings_require_approval');
  }
  const byHand = on.worker
    .transaction()
    .execute((trx) => trx.updateTable('merchants').set({ name: 'x' }).execute());
  expect(await verdictOf(byHand)).toBe('42501');
});

test('what lapses in the very moment it is approved has lapsed', async () => {
  const { headers } = await read();
  const asked = await put({ USD: 7_000 }, headers.get('etag') ?? '');
  // The decision has read it as open, and waits for the settings while its time runs out.
  const held = on.rows.all(
    `begin; select pg_advisory_xact_lock(hashtext('settings of ${merchantId}')); select pg_sleep(0.5); commit`,
  );
  await waitFor(async () => {
    const { n } = await on.rows.one<{ n: number }>(`select count(*)::int as n from pg_locks where locktype = 'advisory' and granted`); // prettier-ignore
    if (n === 0) throw new Error('not held yet');
  });
  const decided = approve(asked.body['id'], 'finance');
  await waitFor(async () => {
    const { n } = await on.rows.one<{ n: number }>(`select count(*)::int as n from pg_locks where locktype = 'advisory' and not granted`); // prettier-ignore
    if (n === 0) throw new Error('not waiting yet');
  });
  await on.rows.all('update clock set offset_seconds = offset_seconds + 7 * 86400');
  await held;
  expect(seen(await decided)).toBe('409 approval_lapsed');
  expect((await read()).headers.get('etag')).toBe(headers.get('etag'));
  await lapseApprovals(on.worker);
  expect(await on.rows.one('select status, decided_by from approvals where id = $1', [asked.body['id']])).toEqual({ status: 'lapsed', decided_by: 'tender' }); // prettier-ignore
});
