/** Risk rules over HTTP: written by two people after a dry run, of merchant and installation, each mistake by its field. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createApprovals } from '../backend/approvals.ts';
import { createRisk } from '../backend/risk.ts';
import type { StaffMember } from '../staff-tokens.ts';
import { factCatalogue } from '../../domain/risk/facts.ts';
import { newId } from '../../runtime/ids.ts';
import { fakePorts, startApi, type ApiResponse, type TestApi } from '../../test/support/api.ts';
import { insertDispute } from '../../test/support/disputes.ts';
import { aContract } from '../../test/support/payments.ts';
import { countOf, openPaymentDatabase, type PaymentDatabase } from '../../test/support/payment-database.ts'; // prettier-ignore
import { decide } from '../../test/support/risk.ts';

const staff: Record<string, StaffMember> = {
  admin: {
    subject: 'ada',
    scopes: ['risk:read', 'risk:write', 'risk:approve', 'approvals:decide'],
  },
  finance: { subject: 'fin', scopes: ['risk:read', 'risk:approve', 'approvals:decide'] },
  support: { subject: 'sue', scopes: ['risk:read', 'risk:lists', 'approvals:decide'] },
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
  const facts = factCatalogue(['card_attempts_1h']);
  const ports = fakePorts({
    principals: { merchantExists: async () => true },
    ...{ approvals, risk: createRisk({ workerDb: on.worker, facts }) },
  });
  api = await startApi(ports, { staff: { verify: async (token) => staff[token] ?? null } });
});
afterAll(async () => {
  await api.close();
  await on.close();
});

const as = (who: string, more: object = {}, of = merchantId): Record<string, string> => ({
  ...{ authorization: `Bearer ${who}`, 'tender-merchant': of, 'x-reason': 'fewer frauds' },
  ...more,
});
const read = (path: string, who = 'support', of = merchantId): Promise<ApiResponse> =>
  api.call(`/v1/risk/rules${path}`, { headers: as(who, {}, of), key: null });
const put = (rules: unknown, etag: string, path = '', who = 'admin'): Promise<ApiResponse> =>
  api.call(`/v1/risk/rules${path}`, {
    ...{ method: 'PUT', body: { rules }, key: null },
    headers: as(who, { 'if-match': etag }),
  });
const dryRun = (body: object): Promise<ApiResponse> =>
  api.call('/v1/risk/rules/dry_run', { method: 'POST', body, key: null, headers: as('support') });
const approve = (id: unknown, who: string): Promise<ApiResponse> =>
  api.post(`/v1/approvals/${String(id)}/approve`, {}, as(who, { 'idempotency-key': newId('key') }));
const seen = ({ status, body }: ApiResponse): string =>
  `${status} ${String(body['code'] ?? body['status'])}`;

const rule = (id: string, when: object = { fact: 'country', op: '=', value: 'FR' }): object => ({
  ...{ id, priority: 10, when, action: 'block', note: 'too much fraud' },
});

/** Holds for nobody. */
const nowhere = { fact: 'country', op: '=', value: 'XX' };

test('are written after the version that was read, by two people, each scope by itself', async () => {
  const first = await read('');
  expect([first.status, first.headers.get('etag')]).toEqual([200, '"1"']);
  expect(first.body).toMatchObject({ object: 'risk_rules', scope: 'merchant', version: 1, rules: [], written_at: null }); // prettier-ignore
  const rules = [rule('fr', { or: [{ not: { in_list: 'watch' } }, { and: [{ fact: 'currency', op: '=', value: 'EUR' }, { fact: 'amount', op: '>=', value: 9_000 }] }] })]; // prettier-ignore
  const asked = await put(rules, '"1"');
  const { id } = asked.body;
  expect([asked.status, asked.headers.get('location')]).toEqual([
    202,
    `/v1/approvals/${String(id)}`,
  ]);
  expect(asked.body).toMatchObject({ kind: 'risk_rules', status: 'open', binds: { id: 'risk_rules', version: 1 }, request: { rules }, asked_by: 'staff:ada' }); // prettier-ignore
  // Its answer was lost.
  expect((await put(rules, '"1"')).body['id']).toBe(id);
  expect(seen(await approve(id, 'admin'))).toBe('403 second_person_required');
  expect(seen(await approve(id, 'support'))).toBe('403 forbidden');
  expect((await read('')).body).toMatchObject({ version: 1 });
  expect(seen(await approve(id, 'finance'))).toBe('200 approved');
  const written = await read('');
  expect([written.headers.get('etag'), written.body]).toMatchObject(['"2"', { rules, written_by: 'staff:ada', approved_by: 'staff:fin', approval_id: id, reason: 'fewer frauds' }]); // prettier-ignore
  expect(seen(await put([rule('late')], '"1"'))).toBe('412 precondition_failed');
  expect((await read('/global')).body).toMatchObject({ scope: 'global', version: 1 });
  expect((await read('', 'support', await on.newMerchant())).body).toMatchObject({ version: 1 });
  expect((await read('?version=1')).body).toMatchObject({ version: 1, rules: [] });
  expect((await read('?version=9')).status).toBe(404);
  const { body: versions } = await read('/versions');
  expect((versions['data'] as { version: number }[]).map((v) => v.version)).toEqual([2]);
});

test('of four approved at once one is in force', async () => {
  const ids = await Promise.all(
    [1, 2, 3, 4].map(async (n) => (await put([rule(`r${n}`, nowhere)], '*', '/global')).body['id']),
  );
  const answers = await Promise.all(ids.map((id) => approve(id, 'finance')));
  expect(countOf(answers.map(seen))).toEqual({ '200 approved': 1, '409 rules_changed': 3 });
});

describe('a dry run', () => {
  test('says what a draft would have done, and is kept for whoever approves', async () => {
    for (const [country, disputed] of [
      ['FR', true],
      ['DE', false],
      ['SE', true],
    ] as const) {
      const payment = await on.captured({ merchantId });
      await decide(on, payment, { facts: { country }, outcome: 'allow', score_action: 'allow' });
      if (disputed) await insertDispute(on.rows, payment);
    }
    await decide(on, await on.captured(), { facts: { country: 'FR' } });
    const rules = [rule('fr'), rule('never', nowhere)];
    const { status, body } = await dryRun({ rules });
    const expected = {
      ...{ object: 'risk_dry_run', decisions: 3 },
      rules: [
        { id: 'fr', hits: 1, hit_rate: 1 / 3, decided: 1, disputed_hits: 1 },
        { id: 'never', hits: 0, hit_rate: 0, decided: 0, disputed_hits: 0 },
      ],
      changes: [{ from: 'allow', to: 'block', count: 1 }],
      disputes: { total: 2, caught_before: 0, caught_after: 1, share_caught_after: 0.5 },
    };
    expect([status, body]).toEqual([200, expected]);
    expect((await dryRun({ rules, decisions: 1 })).body).toMatchObject({ decisions: 1 });
    expect((await dryRun({ rules, scope: 'global' })).body).toMatchObject({ decisions: 4 });
    const asked = await put(rules, '*');
    const kept = await read(`/dry_runs/${String(asked.body['id'])}`);
    expect(kept.body).toEqual(expected);
    expect((await read(`/dry_runs/${newId('apr')}`)).status).toBe(404);
  });

  test('changes nothing', async () => {
    const before = await on.rows.all('select count(*) from risk_rules union all select count(*) from approvals'); // prettier-ignore
    await dryRun({ rules: [rule('a')] });
    expect(await on.rows.all('select count(*) from risk_rules union all select count(*) from approvals')).toEqual(before); // prettier-ignore
  });
});

test.each<[string, unknown]>([
  ['/rules/0/when/fact', [rule('a', { fact: 'card_attempts', op: '>', value: 5 })]],
  ['/rules/0/when/value', [rule('a', { fact: 'card_attempts_1h', op: '>', value: '5' })]],
  ['/rules/0/when/and', [rule('a', { and: [] })]],
  ['/rules/0/when/or/0/in_list', [rule('a', { or: [{ in_list: 'friends' }] })]],
  ['/rules/0/when/not/op', [rule('a', { not: { fact: 'country', op: 'like', value: 'F' } })]],
  ['/rules/0/when/entity', [rule('a', { in_list: 'watch', entity: 'shoe' })]],
  ['/rules/0/when/colour', [rule('a', { colour: 'red' })]],
  ['/rules/0/when/not/not/not/not', [rule('a', { not: { not: { not: { not: { in_list: 'watch' } } } } })]], // prettier-ignore
  ['/rules/1/id', [rule('a'), rule('a')]],
  ['/rules/0/id', [rule('A b')]],
  ['/rules/0/action', [{ ...rule('a'), action: 'decline' }]],
  ['/rules/0/priority', [{ ...rule('a'), priority: -1 }]],
  ['/rules', Array.from({ length: 201 }, (_, n) => rule(`r${n}`))],
])('names what is wrong: %s', async (pointer, rules) => {
  for (const answer of [await put(rules, '*'), await dryRun({ rules })]) {
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toContainEqual({ pointer, detail: expect.any(String) });
  }
});

test('nobody else asks, and nobody without If-Match', async () => {
  expect(seen(await put([], '*', '', 'finance'))).toBe('403 forbidden');
  const { 'x-reason': reason } = as('admin');
  const without = { method: 'PUT', body: { rules: [] }, key: null };
  expect(seen(await api.call('/v1/risk/rules', { ...without, headers: as('admin') }))).toBe('428 precondition_required'); // prettier-ignore
  expect(reason).toBeDefined();
  expect((await api.call('/v1/risk/rules')).status).toBe(403);
});
