/** Over real HTTP and PostgreSQL: rules with versions, previews without effects, providers' health. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createApprovals } from '../backend/approvals.ts';
import { createRouting } from '../backend/routing.ts';
import { scopes } from '../ports.ts';
import type { StaffMember } from '../staff-tokens.ts';
import { candidatesOf } from '../../activities/routing.ts';
import { readRulesVersion } from '../../db/routing-rules.ts';
import { firstRules } from '../../domain/routing-rules.ts';
import { createProviders } from '../../providers/registry.ts';
import { fakePorts, startApi, type ApiResponse, type TestApi } from '../../test/support/api.ts';
import { aContract } from '../../test/support/payments.ts';
import { newId } from '../../runtime/ids.ts';
import {
  countOf,
  openPaymentDatabase,
  type PaymentDatabase,
} from '../../test/support/payment-database.ts';

const webhookSecret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const providers = createProviders({ sandboxUrl: 'http://127.0.0.1:1/', webhookSecret });
const staff: Record<string, StaffMember> = {
  admin: { subject: 'ada', scopes },
  finance: { subject: 'fin', scopes: ['approvals:read', 'approvals:decide', 'routing:approve'] },
  support: { subject: 'sue', scopes: ['approvals:read', 'approvals:decide'] },
  viewer: { subject: 'vic', scopes: ['routing:read'] },
};
const opening = { since: '2026-11-25T20:00:00Z', reason: 'slow', retryInMs: 4_200 };

let on: PaymentDatabase;
let api: TestApi;
beforeAll(async () => {
  on = await openPaymentDatabase();
  const rules = async (): Promise<typeof firstRules> => {
    const newest = await readRulesVersion(on.worker);
    return newest === null ? firstRules : { ...newest.rules, version: newest.version };
  };
  const routing = createRouting({
    ...{ db: on.api, workerDb: on.worker, providers },
    view: async () => ({
      rules: await rules(),
      candidates: candidatesOf(providers, (name) =>
        name === 'birch' ? 'breaker_open' : 'available',
      ),
    }),
    healthOf: (name) =>
      name === 'birch'
        ? { health: 'breaker_open', opening, leftAloneMs: 0 }
        : { health: 'available', opening: null, leftAloneMs: 0 },
  });
  const approvals = createApprovals({
    ...{ workerDb: on.worker, nudge: async () => undefined, refreshRouting: async () => undefined },
    contractOf: () => aContract(),
  });
  await on.rows.all(`insert into merchants (id, name) values ('mer_demo', 'demo')`);
  api = await startApi(fakePorts({ routing, approvals }), {
    staff: { verify: async (token) => staff[token] ?? null },
  });
});
afterAll(async () => {
  await api.close();
  await on.close();
});

const as = (who: string, headers: Record<string, string> = {}): Record<string, string> => ({
  authorization: `Bearer ${who}`,
  'tender-merchant': 'mer_demo',
  ...headers,
});
const read = (who = 'admin', query = ''): Promise<ApiResponse> =>
  api.call(`/v1/routing/rules${query}`, { headers: as(who), key: null });
const put = (body: object, headers: Record<string, string>, who = 'admin'): Promise<ApiResponse> =>
  api.call('/v1/routing/rules', { method: 'PUT', body, key: null, headers: as(who, headers) });

const approve = (id: string, who: string, verdict = 'approve'): Promise<ApiResponse> =>
  api.post(
    `/v1/approvals/${id}/${verdict}`,
    {},
    { 'idempotency-key': newId('key'), ...as(who), ...why },
  );

const body = {
  rules: [
    {
      name: 'dollars',
      when: { currencies: ['USD'], amount: { max: 50_000 } },
      order: 'least_cost',
      targets: [{ provider: 'alder' }, { provider: 'cedar' }],
    },
  ],
  providers: [
    { provider: 'cedar', basis_points: 25, fixed: { USD: 10 } },
    { provider: 'alder', basis_points: 140, fixed: { USD: 0 } },
  ],
  explore_percent: 0,
  failover_declines: ['issuer_unavailable'],
};
const why = { 'x-reason': 'cheaper' };

describe('the rules', () => {
  test('are read with their version as ETag', async () => {
    const { status, headers, body: rules } = await read('viewer');
    expect([status, headers.get('etag')]).toEqual([200, '"1"']);
    expect(rules).toMatchObject({ object: 'routing_rules', version: 1, written_by: 'tender' });
  });

  test('are written after the version that was read, by two people, with who and why', async () => {
    const etag = (await read()).headers.get('etag') ?? '';
    const asked = await put(body, { 'if-match': etag, ...why });
    const id = String(asked.body['id']);
    expect([asked.status, asked.headers.get('location')]).toEqual([202, `/v1/approvals/${id}`]);
    expect(asked.body).toMatchObject({
      ...{ object: 'approval', kind: 'routing_rules', status: 'open', payment_id: null },
      ...{ binds: { id: 'routing_rules', version: 1 }, request: body, asked_by: 'staff:ada' },
    });
    // Its answer was lost.
    expect((await put(body, { 'if-match': etag, ...why })).body['id']).toBe(id);
    expect((await read()).body).toMatchObject({ version: 1 });
    expect((await approve(id, 'admin')).body['code']).toBe('second_person_required');
    expect((await approve(id, 'support')).body['code']).toBe('forbidden');
    expect((await approve(id, 'finance')).body).toMatchObject({ status: 'approved' });

    const written = await read();
    expect(written.headers.get('etag')).toBe('"2"');
    expect(written.body).toMatchObject({ ...body, version: 2, written_by: 'staff:ada', approved_by: 'staff:fin', reason: 'cheaper' }); // prettier-ignore
    expect((await put(body, { 'if-match': etag, ...why })).body['id']).toBe(id);
    // Another one, decided on what is no more.
    const late = await put({ ...body, explore_percent: 1 }, { 'if-match': etag, ...why });
    expect([late.status, late.body['code']]).toEqual([412, 'precondition_failed']);
    const versions = await api.call('/v1/routing/rules/versions', {
      headers: as('viewer'),
      key: null,
    });
    expect((versions.body['data'] as { version: number }[]).map((v) => v.version)).toEqual([2, 1]);
    expect((await read('viewer', '?version=1')).body).toMatchObject({ version: 1, rules: [] });
    expect((await read('viewer', '?version=9')).status).toBe(404);
  });

  test('of eight approved at once one is in force; the others were about what is no more', async () => {
    const etag = (await read()).headers.get('etag') ?? '';
    const ids = await Promise.all(
      Array.from({ length: 8 }, async (_, n) => {
        const asked = await put({ ...body, explore_percent: n + 3 }, { 'if-match': etag, ...why });
        return String(asked.body['id']);
      }),
    );
    expect(new Set(ids).size).toBe(8);
    const answers = await Promise.all(ids.map((id) => approve(id, 'finance')));
    const codes = answers.map(({ body: answer }) => String(answer['code'] ?? answer['status']));
    expect(countOf(codes)).toEqual({ approved: 1, rules_changed: 7 });
    const refused = ids[codes.indexOf('rules_changed')] ?? '';
    const list = await api.call('/v1/approvals?kind=routing_rules&status=open', {
      headers: as('finance'),
      key: null,
    });
    expect((list.body['data'] as { id: string }[]).map(({ id }) => id)).toContain(refused);
    expect((await approve(refused, 'finance', 'reject')).body['status']).toBe('rejected');
    // Back to what the previews below are about.
    const back = await put(body, { 'if-match': '*', ...why });
    expect((await approve(String(back.body['id']), 'finance')).status).toBe(200);
  });

  test.each<[string, Record<string, string>, number, string]>([
    ['without If-Match', why, 428, 'precondition_required'],
    ['with a weak tag', { 'if-match': 'W/"2"', ...why }, 412, 'precondition_failed'],
    ['with a version that never was', { 'if-match': '"77"', ...why }, 412, 'precondition_failed'],
    ['without a reason', { 'if-match': '*' }, 400, 'invalid_request'],
  ])('are refused %s', async (_, headers, status, code) => {
    const answer = await put({ ...body, explore_percent: 2 }, headers);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
  });

  test('are not for viewers to write, nor for keys of merchants at all', async () => {
    expect((await put(body, { 'if-match': '*', ...why }, 'viewer')).status).toBe(403);
    expect((await api.call('/v1/routing/rules')).status).toBe(403);
    expect((await api.call('/v1/providers')).status).toBe(403);
  });

  const [rule] = body.rules;
  test.each<[string, object]>([
    ['/rules/0/targets/0/provider', { rules: [{ ...rule, targets: [{ provider: 'oak' }] }] }],
    [
      '/rules/0/targets/1/provider',
      { rules: [{ ...rule, targets: [{ provider: 'alder' }, { provider: 'alder' }] }] },
    ],
    ['/rules/0/targets', { rules: [{ ...rule, targets: [] }] }],
    [
      '/rules/0/targets/0/weight',
      { rules: [{ ...rule, targets: [{ provider: 'alder', weight: 2 }] }] },
    ],
    ['/rules/1/name', { rules: [rule, rule] }],
    ['/rules/0/when/amount', { rules: [{ ...rule, when: { amount: { min: 1 } } }] }],
    [
      '/rules/0/when/amount',
      { rules: [{ ...rule, when: { currencies: ['USD'], amount: { min: 2, max: 1 } } }] },
    ],
    ['/rules/0/when/countries/0', { rules: [{ ...rule, when: { countries: ['de'] } }] }],
    ['/rules/0/when/moon', { rules: [{ ...rule, when: { moon: 'full' } }] }],
    ['/rules/0/order', { rules: [{ ...rule, order: 'random' }] }],
    ['/providers/0/provider', { providers: [{ provider: 'oak', basis_points: 1, fixed: {} }] }],
    [
      '/providers/0/fixed/EURO',
      { providers: [{ provider: 'alder', basis_points: 1, fixed: { EURO: 1 } }] },
    ],
    ['/explore_percent', { explore_percent: 51 }],
    ['/failover_declines/0', { failover_declines: ['insufficient_funds'] }],
  ])('name what is wrong: %s', async (pointer, change) => {
    const answer = await put({ ...body, ...change }, { 'if-match': '*', ...why });
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toContainEqual({ pointer, detail: expect.any(String) });
  });
});

describe('a preview', () => {
  const asked = {
    amount: 1_000,
    currency: 'USD',
    capture_method: 'automatic',
    payment_method: { type: 'card', token: 'tok_visa' },
  };
  const preview = (question: object): Promise<ApiResponse> =>
    api.call('/v1/routing/preview', { method: 'POST', body: question });

  test('says who would be tried, what it costs, and why not the others', async () => {
    const { status, body: route } = await preview(asked);
    expect(status).toBe(200);
    expect(route).toEqual({
      ...{ object: 'route', rules_version: 4, rule: 'dollars', explored: false },
      order: [
        { provider: 'cedar', probability: 1, cost: '12.5' },
        { provider: 'alder', probability: 0, cost: '14' },
      ],
      excluded: [
        { provider: 'birch', reason: 'excluded_by_rule' },
        { provider: 'bank', reason: 'excluded_by_rule' },
      ],
    });
  });

  test('without a rule says so, and names a provider in trouble', async () => {
    const { body: route } = await preview({ ...asked, currency: 'EUR' });
    expect(route).toMatchObject({
      rule: null,
      excluded: [
        { provider: 'birch', reason: 'breaker_open' },
        { provider: 'bank', reason: 'method_not_supported' },
      ],
      order: [{ provider: 'alder', cost: null }, { provider: 'cedar' }],
    });
  });

  test.each<[string, object]>([
    ['/amount', { ...asked, amount: undefined }],
    ['/payment_method', { ...asked, payment_method: undefined }],
    ['/currency', { payment_id: 'pay_019ab5e2-7c1a-7d3e-9f00-3b2a6c1d4e5f', currency: 'USD' }],
  ])('names what is wrong: %s', async (pointer, question) => {
    const answer = await preview(question);
    expect(answer.status).toBe(400);
    expect(answer.body['errors']).toContainEqual({ pointer, detail: expect.any(String) });
  });

  test('of a payment of somebody else is of none', async () => {
    const { id } = await on.accept();
    expect((await preview({ payment_id: id })).status).toBe(404);
  });

  test('changes nothing', async () => {
    const before = await on.rows.all('select version, xmin::text from routing_rules');
    await preview(asked);
    expect(await on.rows.all('select version, xmin::text from routing_rules')).toEqual(before);
  });
});

test('the providers are shown with contract and health', async () => {
  const { body: list } = await api.call('/v1/providers', { headers: as('viewer'), key: null });
  const [alder, birch] = list['data'] as Record<string, unknown>[];
  expect(alder).toMatchObject({
    ...{ object: 'provider', name: 'alder', health: 'available' },
    contract: { concurrent_max: 64, void_by_reference: true },
    breaker: { state: 'closed', open_since: null, reason: null },
  });
  expect(alder?.['capabilities']).toContain('voidByReference');
  expect(birch).toMatchObject({
    health: 'breaker_open',
    breaker: { state: 'open', open_since: opening.since, reason: 'slow', next_probe_in_ms: 4_200 },
  });
});
