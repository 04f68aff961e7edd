/** Four eyes over HTTP, on real PostgreSQL: refunds above a limit, and whoever decides about them. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { approvalLifeMs } from '../domain/timing.ts';
import { nextStep } from '../domain/next-step.ts';
import { newId } from '../runtime/ids.ts';
import type { ApiResponse } from '../test/support/api.ts';
import { aKey, seen, startApprovalsApi, type ApprovalsApi } from '../test/support/approvals-api.ts';

let it: ApprovalsApi;
beforeAll(async () => {
  it = await startApprovalsApi();
});
afterAll(() => it.close());

describe('a refund above the limit', () => {
  test('waits with its amount reserved, is sent only after another person approved it', async () => {
    const payment = await it.captured();
    const began = performance.now();
    const first = await it.refund(payment, 6_000, { prefer: 'wait=10' });
    expect(performance.now() - began).toBeLessThan(3_000);
    expect([seen(first), first.headers.get('location')]).toEqual([
      '202 requires_approval',
      `/v1/refunds/${String(first.body['id'])}`,
    ]);
    const id = String(first.body['approval_id']);
    expect(await it.on.state(payment.id)).toMatchObject({ refundReserved: 6_000n });
    expect(nextStep(await it.on.state(payment.id))).toEqual({ kind: 'rest' });
    expect(seen(await it.refund(payment, 4_001))).toBe('409 refund_exceeds_captured');
    const { body } = await it.api.call(`/v1/approvals/${id}`, {
      headers: it.as('viewer'),
      key: null,
    });
    expect(body).toMatchObject({
      ...{ object: 'approval', id, kind: 'refund', status: 'open', payment_id: payment.id },
      binds: { id: first.body['id'], version: Number(payment.version), amount: 6_000, currency: 'USD' }, // prettier-ignore
      ...{ asked_by: 'api_key:key_1', reason: 'broken', decided_by: null },
    });
    const life = Date.parse(String(body['expires_at'])) - Date.parse(String(body['created_at']));
    expect(Math.abs(life - approvalLifeMs)).toBeLessThan(1_000);

    const answer = await it.decide(id, 'approve', 'support2');
    expect(seen(answer)).toBe('200 approved');
    expect(answer.body).toMatchObject({ decided_by: 'staff:sam', decision_reason: 'because' });
    expect(await it.refundsOf(payment.id)).toEqual(['requested 6000']);
    expect(nextStep(await it.on.state(payment.id))).toMatchObject({ kind: 'submit_operation' });
    expect(it.nudged).toContain(payment.id);
    const line = await it.on.rows.one(
      `select actor, from_status, to_status, evidence ->> 'asked_by' as asker, evidence ->> 'approval_id' as approval
       from timeline where payment_id = $1 and kind = 'refund.approved'`,
      [payment.id],
    );
    expect(line).toEqual({ actor: 'staff:sam', from_status: 'requires_approval', to_status: 'requested', asker: 'api_key:key_1', approval: id }); // prettier-ignore
  });

  test('below it nobody else is needed; and many below it are one above', async () => {
    const payment = await it.captured();
    expect(seen(await it.refund(payment, 3_000))).toBe('202 pending');
    expect(seen(await it.refund(payment, 2_001))).toBe('202 requires_approval');
    expect(seen(await it.refund(payment, 2_000))).toBe('202 pending');
    expect(seen(await it.refund(payment, 1))).toBe('202 requires_approval');
  });

  test('is of the currency: one that is not named has none; without limits nobody is asked', async () => {
    expect((await it.on.captured()).refundLimit).toBeNull();
    expect((await it.captured({ currency: 'EUR' })).refundLimit).toBe(0n);
    expect((await it.captured()).refundLimit).toBe(5_000n);
  });

  test('cannot be written around: the database counts as well', async () => {
    const payment = await it.captured();
    const change = {
      operations: {
        insert: [
          {
            ...{
              id: newId('ref'),
              attemptId: payment.attempts[0]?.id ?? null,
              kind: 'refund' as const,
            },
            ...{ cause: 'request' as const, status: 'requested' as const, amount: 5_001n },
            ...{ final: false, late: false, dueAt: null, requestedBy: 'staff:mal' },
            basis: { kind: 'request' as const, detail: 'x' },
          },
        ],
      },
      timeline: [],
    };
    await expect(it.on.commit(payment, change)).rejects.toMatchObject({ constraint: 'refund_requires_approval' }); // prettier-ignore
  });
});

describe('the second person', () => {
  test('is not the one who asked', async () => {
    const payment = await it.captured();
    const id = await it.asked(payment, 6_000);
    expect(seen(await it.decide(id, 'approve', 'support'))).toBe('403 second_person_required');
    expect(await it.refundsOf(payment.id)).toEqual(['requires_approval 6000']);
    const around = it.on.rows.all(
      `update approvals set status = 'approved', decided_by = asked_by, decided_at = tender_now() where id = $1`,
      [id],
    );
    await expect(around).rejects.toMatchObject({ constraint: 'approvals_four_eyes' });
    // Taken back is another thing.
    expect(seen(await it.decide(id, 'reject', 'support'))).toBe('200 rejected');
  });

  test('is of the staff, with a role for it, and says why not', async () => {
    const id = await it.asked(await it.captured(), 6_000);
    expect(seen(await it.decide(id, 'approve', 'viewer'))).toBe('403 forbidden');
    const byKey = await it.api.post(`/v1/approvals/${id}/approve`, {}, aKey());
    expect(seen(byKey)).toBe('403 forbidden');
    expect(seen(await it.decide(id, 'reject', 'support2', { 'x-reason': '' }))).toBe('400 invalid_request'); // prettier-ignore
    expect((await it.api.call('/v1/approvals')).status).toBe(403);
  });

  test('of another merchant sees nothing', async () => {
    const id = await it.asked(await it.captured(), 6_000);
    const elsewhere = { 'tender-merchant': 'mer_other' };
    expect((await it.decide(id, 'approve', 'support2', elsewhere)).status).toBe(404);
    expect((await it.decide('apr_x', 'approve', 'support2')).status).toBe(404);
  });

  test('says it once, and a repeat is the same', async () => {
    const id = await it.asked(await it.captured(), 6_000);
    const once = aKey();
    const first = await it.decide(id, 'approve', 'support2', once);
    const again = await it.decide(id, 'approve', 'support2', once);
    expect([again.status, again.body, again.headers.get('idempotent-replayed')]).toEqual([200, first.body, 'true']); // prettier-ignore
    expect(seen(await it.decide(id, 'reject', 'support2', once))).toBe(
      '422 idempotency_key_reused',
    );
    const late = aKey();
    expect(seen(await it.decide(id, 'reject', 'support2', late))).toBe('409 approval_decided');
    const replayed = await it.decide(id, 'reject', 'support2', late);
    expect([seen(replayed), replayed.headers.get('idempotent-replayed')]).toEqual(['409 approval_decided', 'true']); // prettier-ignore
  });

  test('who says no ends it: what was reserved is free, and the key has its answer', async () => {
    const payment = await it.captured();
    const own = aKey();
    const first = await it.refund(payment, 6_000, own);
    expect(seen(await it.decide(first.body['approval_id'], 'reject', 'support2'))).toBe('200 rejected'); // prettier-ignore
    expect(await it.on.state(payment.id)).toMatchObject({ refundReserved: 0n, amountRefunded: 0n });
    const repeat = await it.refund(payment, 6_000, own);
    expect(seen(repeat)).toBe('402 refund_rejected');
    expect(repeat.body).toMatchObject({
      operation: { status: 'rejected', failure: { code: 'not_approved' } },
    });
    const events = await it.on.rows.all<{ type: string }>('select type from outbox where payment_id = $1 order by sequence', [payment.id]); // prettier-ignore
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['refund.created', 'refund.failed'])); // prettier-ignore
    const entries = await it.on.rows.all(`select from journal_entries where payment_id = $1 and event like 'refund%'`, [payment.id]); // prettier-ignore
    expect(entries).toEqual([]);
  });
});

test('the list is filtered and paged, newest first', async () => {
  await it.limit({});
  const payment = await it.captured();
  const ids = [
    await it.asked(payment, 5_001),
    await it.asked(payment, 1_000),
    await it.asked(payment, 999),
  ];
  await it.decide(ids[1], 'reject', 'support2');
  const list = async (query: string): Promise<ApiResponse['body']> =>
    (await it.api.call(`/v1/approvals?payment_id=${payment.id}${query}`, { headers: it.as('viewer'), key: null })).body; // prettier-ignore
  const idsOf = (body: ApiResponse['body']): unknown =>
    (body['data'] as { id: string }[]).map(({ id }) => id);
  const first = await list('&limit=2');
  expect([idsOf(first), first['has_more']]).toEqual([[ids[2], ids[1]], true]);
  expect(idsOf(await list(`&limit=2&after=${String(first['next'])}`))).toEqual([ids[0]]);
  expect(idsOf(await list('&status=open'))).toEqual([ids[2], ids[0]]);
  expect(idsOf(await list('&kind=routing_rules'))).toEqual([]);
});
