/** What the API answers when things go well, or when the answer is no: over real HTTP, on fake ports. */
import { describe, expect, test } from '@jest/globals';
import { fakePorts, startApi, testPrincipal, type TestApi } from '../test/support/api.ts';
import { aSnapshot, anAttempt, anOperation } from '../test/support/snapshot.ts';
import type { CommandResult, Payments } from './ports.ts';

const valid = {
  amount: 2599,
  currency: 'EUR',
  capture_method: 'automatic',
  payment_method: { type: 'card', token: 'tok_visa' },
};
const refundId = 'ref_019ab5e2-7c1a-7d3e-9f00-3b2a6c1d4e5f';
const paymentId = 'pay_019ab5e2-7c1a-7d3e-9f00-3b2a6c1d4e5f';
const operationId = 'op_019ab5e2-7c1a-7d3e-9f00-3b2a6c1d4e5f';
const captured = aSnapshot({ id: paymentId, status: 'captured', amount_captured: 2599 }, [
  anAttempt(),
]);

async function withApi(
  payments: Partial<Payments>,
  run: (api: TestApi) => Promise<void>,
): Promise<void> {
  const api = await startApi(fakePorts({ payments }));
  try {
    await run(api);
  } finally {
    await api.close();
  }
}

function answering(
  status: 200 | 201 | 202 | 402 | 409,
  more: Partial<Extract<CommandResult, { kind: 'answer' }>> = {},
): CommandResult {
  const common = { kind: 'answer', resource: 'payment', resourceId: paymentId } as const;
  return { ...common, status, snapshot: captured, replayed: false, ...more };
}

describe('POST /v1/payments', () => {
  test('hands over what was asked and answers with the payment', async () => {
    const calls: unknown[][] = [];
    const create: Payments['create'] = async (...given) => {
      calls.push(given);
      return answering(201);
    };
    await withApi({ create }, async (api) => {
      const response = await api.post(
        '/v1/payments',
        { ...valid, submit_within_seconds: 60, customer: { email: 'a@example.com' } },
        { prefer: 'wait=3', 'idempotency-key': 'order-1' },
      );
      expect(response.status).toBe(201);
      expect(response.headers.get('location')).toBe(`/v1/payments/${paymentId}`);
      expect(response.headers.get('idempotent-replayed')).toBeNull();
      expect(response.body).toMatchObject({ object: 'payment', id: paymentId, status: 'captured' });
      const [principal, key, input, waitMs] = calls[0] ?? [];
      expect(principal).toEqual(testPrincipal);
      expect(key).toEqual({
        key: 'order-1',
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
        method: 'POST',
        path: '/v1/payments',
      });
      expect(input).toMatchObject({
        amountMinor: 2599n,
        captureMethod: 'automatic',
        customer: { email: 'a@example.com' },
        submitWithinMs: 60_000,
        metadata: {},
      });
      expect(waitMs).toBe(3_000);
    });
  });

  test('gives the same fingerprint however the body is written', async () => {
    const seen = new Set<string>();
    const create: Payments['create'] = async (_principal, key) => {
      seen.add(key.fingerprint);
      return answering(201, { replayed: seen.size > 0 });
    };
    await withApi({ create }, async (api) => {
      await api.post('/v1/payments', valid);
      const turned = Object.fromEntries(Object.entries(valid).reverse());
      const again = await api.post('/v1/payments', JSON.stringify(turned, null, 2));
      expect(again.headers.get('idempotent-replayed')).toBe('true');
      expect(seen.size).toBe(1);
      await api.post('/v1/payments', { ...valid, amount: 2600 });
      expect(seen.size).toBe(2);
    });
  });

  test('202 says where to poll', async () => {
    const snapshot = aSnapshot({ id: paymentId }, [anAttempt({ status: 'unknown' })]);
    await withApi({ create: async () => answering(202, { snapshot }) }, async (api) => {
      const response = await api.post('/v1/payments', valid);
      expect(response.status).toBe(202);
      expect(response.headers.get('location')).toBe(`/v1/payments/${paymentId}`);
      expect(response.body).toMatchObject({ status: 'processing', amount_in_doubt: 2599 });
    });
  });

  test('402 is a problem that carries the payment and the decline', async () => {
    const last_decline = {
      code: 'insufficient_funds',
      advice: 'try_another_method',
      providerCode: '51',
    } as const;
    const snapshot = aSnapshot({ id: paymentId, status: 'requires_payment_method', last_decline });
    const no = answering(402, { snapshot, code: 'payment_declined', replayed: true });
    await withApi({ create: async () => no }, async (api) => {
      const response = await api.post('/v1/payments', valid);
      expect(response.status).toBe(402);
      expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(response.headers.get('idempotent-replayed')).toBe('true');
      expect(response.body).toMatchObject({
        code: 'payment_declined',
        status: 402,
        request_id: response.headers.get('request-id'),
        payment: { id: paymentId, status: 'requires_payment_method' },
        decline: { code: 'insufficient_funds', provider_code: '51', advice: 'try_another_method' },
      });
    });
  });

  test('another request under a used key is 422', async () => {
    await withApi({ create: async () => ({ kind: 'key_reused' }) }, async (api) => {
      const response = await api.post('/v1/payments', valid);
      expect(response.body).toMatchObject({ status: 422, code: 'idempotency_key_reused' });
    });
  });
});

describe('a customer nobody knows', () => {
  test('is a field that is wrong', async () => {
    const errors = [{ pointer: '/customer/id', detail: 'names no customer' }];
    await withApi({ create: async () => ({ kind: 'invalid', errors }) }, async (api) => {
      const response = await api.post('/v1/payments', valid);
      expect(response.body).toMatchObject({ status: 400, code: 'invalid_request', errors });
    });
  });
});

describe('captures and refunds', () => {
  const operation = anOperation({ id: operationId, payment_id: paymentId });
  const refund = anOperation({
    id: refundId,
    kind: 'refund',
    reason: 'asked for',
    payment_id: paymentId,
  });
  const snapshot = { ...captured, operations: [operation, refund] };

  test('answer with the operation, which is found at its payment', async () => {
    const made = answering(201, { resource: 'operation', resourceId: operationId, snapshot });
    await withApi({ capture: async () => made }, async (api) => {
      const response = await api.post(`/v1/payments/${paymentId}/captures`, undefined);
      expect(response.status).toBe(201);
      expect(response.headers.get('location')).toBe(`/v1/payments/${paymentId}`);
      expect(response.body).toMatchObject({ object: 'operation', kind: 'capture', final: true });
    });
  });

  test('answer with the refund, which has its own address', async () => {
    const made = answering(202, { resource: 'refund', resourceId: refundId, snapshot });
    const ports: Partial<Payments> = {
      refund: async () => made,
      findRefund: async (_principal, id) => (id === refundId ? snapshot : null),
    };
    await withApi(ports, async (api) => {
      const response = await api.post(`/v1/payments/${paymentId}/refunds`, { reason: 'asked for' });
      expect(response.headers.get('location')).toBe(`/v1/refunds/${refundId}`);
      expect(response.body).toMatchObject({ object: 'refund', reason: 'asked for' });
      const read = await api.call(`/v1/refunds/${refundId}`);
      expect(read.body).toEqual(response.body);
      const other = await api.call(`/v1/refunds/${refundId.replace(/.$/, '0')}`);
      expect(other.body).toMatchObject({ status: 404, code: 'not_found' });
    });
  });

  test('refused by the state are 409 with the payment and the reason', async () => {
    const no = answering(409, {
      resource: 'operation',
      resourceId: operationId,
      snapshot: captured,
      code: 'capture_exceeds_authorization',
      detail: '0 may still be captured.',
    });
    await withApi({ capture: async () => no }, async (api) => {
      const response = await api.post(`/v1/payments/${paymentId}/captures`, { amount: 1 });
      expect(response.status).toBe(409);
      expect(response.body).toMatchObject({
        code: 'capture_exceeds_authorization',
        detail: '0 may still be captured.',
        payment: { id: paymentId },
      });
    });
  });

  test("of another merchant's payment are 404", async () => {
    const find = async (): Promise<null> => null;
    await withApi({ find, refund: async () => ({ kind: 'not_found' }) }, async (api) => {
      const refused = await api.post(`/v1/payments/${paymentId}/refunds`, { reason: 'mine?' });
      expect(refused.body).toMatchObject({ status: 404, code: 'not_found' });
      expect((await api.call(`/v1/payments/${paymentId}`)).status).toBe(404);
    });
  });
});

describe('lists', () => {
  test('say whether there is more, and where it begins', async () => {
    const seen: unknown[] = [];
    const list: Payments['list'] = async (_principal, filter, page) => {
      seen.push({ filter, page });
      return { items: [captured], hasMore: page.after === undefined };
    };
    await withApi({ list }, async (api) => {
      const first = await api.call(
        '/v1/payments?limit=1&merchant_reference=order-1&status=captured',
      );
      expect(first.body).toMatchObject({ has_more: true, next: paymentId });
      const second = await api.call(`/v1/payments?after=${paymentId}`);
      expect(second.body).toMatchObject({ has_more: false, next: null, data: [{ id: paymentId }] });
      expect(seen).toMatchObject([
        { filter: { merchantReference: 'order-1', status: 'captured' }, page: { limit: 1 } },
        { page: { limit: 20, after: paymentId } },
      ]);
    });
  });
});

describe('every answer', () => {
  test('has its id, its version, and headers that keep browsers out', async () => {
    await withApi({ find: async () => captured }, async (api) => {
      const { headers } = await api.call(`/v1/payments/${paymentId}`);
      expect(headers.get('request-id')).toMatch(/^req_[0-9a-f-]{36}$/);
      expect(headers.get('tender-version')).toBe('2026-11-22');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'self'");
      expect(headers.get('x-powered-by')).toBeNull();
    });
  });

  test('is logged by route, without address, body or credentials', async () => {
    await withApi({ find: async () => captured }, async (api) => {
      await api.call(`/v1/payments/${paymentId}`);
      await new Promise((resolve) => setImmediate(resolve));
      const line = JSON.parse(api.logged.at(-1) ?? '{}') as Record<string, unknown>;
      expect(line).toMatchObject({ route: '/v1/payments/:payment_id', status: 200 });
      expect(JSON.stringify(line)).not.toMatch(/tk_test|pay_/);
    });
  });

  test('hides what went wrong inside, and says whether to repeat', async () => {
    const away = new Error('connection to 10.0.0.5 refused');
    const find: Payments['find'] = () => Promise.reject(away);
    const deps = { isUnavailable: (error: unknown) => error === away };
    const api = await startApi(fakePorts({ payments: { find } }), deps);
    const unavailable = await api.call(`/v1/payments/${paymentId}`);
    expect(unavailable.body).toMatchObject({ status: 503, code: 'unavailable' });
    expect(unavailable.headers.get('retry-after')).toBe('1');
    const broken = await api.call(`/v1/payments/${paymentId}/timeline`);
    expect(broken.body).toMatchObject({ status: 500, code: 'internal_error' });
    expect(unavailable.text + broken.text).not.toMatch(/10\.0\.0\.5|unexpected call/);
    expect(api.logged.join('')).toContain('unexpected call of timeline');
    await api.close();
  });

  test('comes only so often per key', async () => {
    const api = await startApi(fakePorts({ payments: { find: async () => captured } }), {
      settings: { mode: 'test', publicUrl: 'http://127.0.0.1', requestsPerSecondMax: 2 },
    });
    const paths = Array.from({ length: 6 }, () => `/v1/payments/${paymentId}`);
    const answers = await Promise.all(paths.map((path) => api.call(path)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(2);
    expect(refused[0]?.body).toMatchObject({ code: 'rate_limited' });
    expect(refused[0]?.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    await api.close();
  });
});
