/** An unknown ended by two people, over HTTP and on real PostgreSQL: each kind, each way, and what it never does. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { PaymentState } from '../../domain/payment-state.ts';
import { nextStep } from '../../domain/next-step.ts';
import { newId } from '../../runtime/ids.ts';
import type { ApiResponse } from '../../test/support/api.ts';
import { aKey, seen, startApprovalsApi, type ApprovalsApi, type Headers } from '../../test/support/approvals-api.ts'; // prettier-ignore
import { countOf } from '../../test/support/payment-database.ts';
import { approved, declined, pending, unknown } from '../../test/support/payments.ts';

let it: ApprovalsApi;
beforeAll(async () => {
  it = await startApprovalsApi();
  await it.limit(null);
});
afterAll(() => it.close());

const evidence = 'the dashboard of alder, 12:03';
const done = { outcome: 'succeeded', provider_reference: 'alder_77', evidence };
const notDone = { outcome: 'not_done', evidence };

const resolve = (
  { id }: PaymentState,
  body: object,
  who = 'support',
  headers: Headers = {},
): Promise<ApiResponse> =>
  it.api.post(`/v1/payments/${id}/resolve`, body, { ...aKey(), ...it.as(who), ...headers });
const asksFor = async (payment: PaymentState, body: object): Promise<string> => {
  const answer = await resolve(payment, body);
  expect(seen(answer)).toBe('202 open');
  return String(answer.body['id']);
};
/** Asked for by one, approved by another. */
async function settle(payment: PaymentState, body: object): Promise<PaymentState> {
  const id = await asksFor(payment, body);
  expect(seen(await it.decide(id, 'approve', 'support2'))).toBe('200 approved');
  return it.on.state(payment.id);
}
const attemptOf = (payment: PaymentState): string => payment.attempts.at(-1)?.id ?? '';
const operationOf = (payment: PaymentState): string => payment.operations.at(-1)?.id ?? '';
const entriesOf = async ({ id }: PaymentState): Promise<readonly string[]> =>
  (await it.on.rows.all<{ event: string }>('select event from journal_entries where payment_id = $1 order by recorded_at, id', [id])) // prettier-ignore
    .map(({ event }) => event);
const inDoubt = (captureMethod: 'automatic' | 'manual' = 'manual'): Promise<PaymentState> =>
  it.on.tried({ merchantId: it.merchantId, captureMethod }, unknown());

describe('an attempt', () => {
  test('that succeeded is booked as if the provider had said so, with both names as evidence', async () => {
    const payment = await inDoubt();
    const asked = await resolve(payment, { attempt_id: attemptOf(payment), ...done });
    expect([asked.status, asked.headers.get('location')]).toEqual([202, `/v1/approvals/${String(asked.body['id'])}`]); // prettier-ignore
    expect(asked.body).toMatchObject({
      ...{ object: 'approval', kind: 'resolution', asked_by: 'staff:sue', reason: 'because' },
      binds: { id: attemptOf(payment), version: Number(payment.version), amount: 10_000, currency: 'USD' }, // prettier-ignore
      request: done,
    });
    expect(await it.on.state(payment.id)).toMatchObject({ attempts: [{ status: 'unknown' }] });
    const id = String(asked.body['id']);
    expect(seen(await it.decide(id, 'approve', 'support'))).toBe('403 second_person_required');
    expect(seen(await it.decide(id, 'approve', 'viewer'))).toBe('403 forbidden');
    expect(seen(await it.decide(id, 'approve', 'support2'))).toBe('200 approved');

    const after = await it.on.state(payment.id);
    expect(after).toMatchObject({
      ...{ status: 'requires_capture', amountAuthorized: 10_000n },
      attempts: [{ status: 'authorized', providerReference: 'alder_77' }],
    });
    expect(await entriesOf(after)).toEqual(['authorization']);
    const shown = await it.api.call(`/v1/payments/${payment.id}`);
    expect(shown.body['status_basis']).toMatchObject({
      ...{ kind: 'staff', provider: 'alder', provider_reference: 'alder_77' },
      detail: `asked by staff:sue, approved by staff:sam: ${evidence}`,
    });
    const lines = await it.on.rows.all<{ kind: string; actor: string; approval: string }>(
      `select kind, actor, evidence ->> 'approval_id' as approval from timeline
       where payment_id = $1 and evidence ->> 'approval_id' is not null order by sequence`,
      [payment.id],
    );
    expect(lines.map(({ kind, actor }) => `${kind} ${actor}`)).toEqual([
      'resolution.requested staff:sue',
      'attempt.authorized staff:sam',
      'payment.requires_capture tender',
    ]);
    expect(new Set(lines.map(({ approval }) => approval))).toEqual(new Set([id]));
  });

  test('of a sale that succeeded is captured, and looked up once more a day later', async () => {
    const payment = await it.on.tried({ merchantId: it.merchantId, captureMethod: 'automatic' }, unknown()); // prettier-ignore
    const after = await settle(payment, { attempt_id: attemptOf(payment), ...done });
    expect(['captured', 'processing']).toContain(after.status);
    const due = Number(after.attempts[0]?.dueAt) - after.now;
    expect(due).toBeLessThanOrEqual(24 * 3_600_000);
    expect(due).toBeGreaterThan(23 * 3_600_000);
  });

  test('that was not done goes back to the shopper, and never to another provider', async () => {
    const payment = await inDoubt();
    const after = await settle(payment, { attempt_id: attemptOf(payment), ...notDone });
    expect(after).toMatchObject({
      ...{ status: 'requires_payment_method', attempts: [{ status: 'not_sent' }] },
    });
    expect(nextStep(after).kind).toBe('rest');
    expect(await entriesOf(after)).toEqual([]);
  });

  test('needs the id that the provider has of it, where it succeeded', async () => {
    const payment = await inDoubt();
    const answer = await resolve(payment, { attempt_id: attemptOf(payment), outcome: 'succeeded', evidence }); // prettier-ignore
    expect([answer.status, answer.body['errors']]).toEqual([
      400,
      [{ pointer: '/provider_reference', detail: expect.any(String) }],
    ]);
  });
});

describe('an operation', () => {
  const capture = async (): Promise<PaymentState> =>
    it.on.operate(await it.on.tried({ merchantId: it.merchantId }), { kind: 'capture', final: true }, unknown()); // prettier-ignore
  const refund = async (): Promise<PaymentState> =>
    it.on.operate(await it.captured(), { kind: 'refund', amount: 6_000n }, unknown());

  test('a capture that succeeded is captured', async () => {
    const payment = await capture();
    const after = await settle(payment, { operation_id: operationOf(payment), ...done });
    expect(after).toMatchObject({ status: 'captured', amountCaptured: 10_000n, captureReserved: 0n }); // prettier-ignore
    expect(await entriesOf(after)).toContain('capture');
  });

  test('a capture that was not done frees its amount, which may be captured again', async () => {
    const payment = await capture();
    const after = await settle(payment, { operation_id: operationOf(payment), ...notDone });
    expect(after).toMatchObject({ status: 'requires_capture', captureReserved: 0n, amountCaptured: 0n }); // prettier-ignore
    expect(after.operations.at(-1)).toMatchObject({ status: 'failed', failureCode: 'not_done' });
  });

  test('a refund that succeeded is refunded, one that was not done is free again', async () => {
    const [one, other] = [await refund(), await refund()];
    const yes = await settle(one, { operation_id: operationOf(one), amount: 6_000, ...done });
    expect(yes).toMatchObject({ amountRefunded: 6_000n, refundReserved: 0n });
    const no = await settle(other, { operation_id: operationOf(other), ...notDone });
    expect(no).toMatchObject({ amountRefunded: 0n, refundReserved: 0n });
    const balance = await it.on.rows.one(
      `select coalesce(sum(case p.side when 'debit' then p.amount else -p.amount end), 0)::text as held
       from journal_entries e join postings p on p.entry_id = e.id
       where e.payment_id = $1 and p.account = '2140'`,
      [other.id],
    );
    expect(balance).toEqual({ held: '0' });
  });
});

describe('what the provider says later', () => {
  test('against "not done" is a late success, and against "succeeded" a late failure', async () => {
    const refund = (outcome = unknown()): Promise<PaymentState> =>
      it.captured().then((payment) => it.on.operate(payment, { kind: 'refund', amount: 6_000n }, outcome)); // prettier-ignore
    const { recordClosedOperation } = await import('../../domain/record-closed-operation.ts');
    const tell = async (
      payment: PaymentState,
      outcome: Parameters<typeof recordClosedOperation>[2],
    ): Promise<PaymentState> => {
      // prettier-ignore
      await it.on.rows.all('update clock set offset_seconds = offset_seconds + 86401');
      const now = await it.on.state(payment.id);
      const operation = now.operations.at(-1);
      expect(nextStep(now)).toMatchObject({ kind: 'resolve_operation' });
      if (operation === undefined) throw new Error('no operation');
      const change = recordClosedOperation(now, operation, outcome, newId('ref'));
      if (change === null) throw new Error('dropped');
      return it.on.commit(now, change);
    };
    const lookup = { kind: 'lookup', provider: 'alder', detail: 'found' } as const;
    const first = await refund();
    await settle(first, { operation_id: operationOf(first), ...notDone });
    const yes = { ...approved({ amountMinor: 6_000n }), evidence: lookup };
    expect(await tell(first, { kind: 'found', outcome: yes })).toMatchObject({ amountRefunded: 6_000n }); // prettier-ignore
    const second = await refund();
    await settle(second, { operation_id: operationOf(second), ...done });
    const no = { ...declined(), evidence: lookup };
    expect(await tell(second, { kind: 'found', outcome: no })).toMatchObject({
      amountRefunded: 0n,
    });
  });
});

describe('nothing is resolved', () => {
  test('that is known, acknowledged, or still under way', async () => {
    const known = await it.captured();
    const codes = [
      await resolve(known, { attempt_id: attemptOf(known), ...done }),
      await resolve(known, { operation_id: operationOf(known), ...done }),
    ];
    const accepted = await it.on.tried({ merchantId: it.merchantId }, pending());
    codes.push(await resolve(accepted, { attempt_id: attemptOf(accepted), ...done }));
    expect(codes.map(seen)).toEqual(Array.from({ length: 3 }, () => '409 not_in_doubt'));
    expect(codes[0]?.body['payment']).toMatchObject({ id: known.id, status: 'captured' });
  });

  test('with another amount, without a reason, by a merchant’s key, by a viewer', async () => {
    const payment = await inDoubt();
    const body = { attempt_id: attemptOf(payment), ...done };
    expect(seen(await resolve(payment, { ...body, amount: 9_999 }))).toBe('409 resolution_amount_differs'); // prettier-ignore
    expect(seen(await resolve(payment, body, 'support', { 'x-reason': '' }))).toBe('400 invalid_request'); // prettier-ignore
    expect(seen(await resolve(payment, body, 'viewer'))).toBe('403 forbidden');
    const byKey = await it.api.post(`/v1/payments/${payment.id}/resolve`, body, aKey());
    expect(seen(byKey)).toBe('403 forbidden');
    const both = { ...body, operation_id: `op_${newId('x').slice(2)}` };
    expect(seen(await resolve(payment, both))).toBe('400 invalid_request');
    const other = await inDoubt();
    expect((await resolve(other, body)).status).toBe(404);
    const elsewhere = await it.on.tried({}, unknown());
    expect((await resolve(elsewhere, { ...done, attempt_id: attemptOf(elsewhere) })).status).toBe(404); // prettier-ignore
    expect(await it.on.state(payment.id)).toMatchObject({ attempts: [{ status: 'unknown' }] });
  });

  test('twice: one request is open at a time, a repeat is the same, and a rejected one makes room', async () => {
    const payment = await inDoubt();
    const body = { attempt_id: attemptOf(payment), ...notDone };
    const own = aKey();
    const both = await Promise.all([1, 2, 3, 4].map(() => resolve(payment, body)));
    expect(countOf(both.map(seen))).toEqual({ '202 open': 1, '409 resolution_pending': 3 });
    const id = String(both.find(({ status }) => status === 202)?.body['id']);
    expect(seen(await it.decide(id, 'reject', 'support'))).toBe('200 rejected');
    const first = await resolve(payment, body, 'support', own);
    const again = await resolve(payment, body, 'support', own);
    expect([first.status, again.status, again.body['id']]).toEqual([202, 202, first.body['id']]);
  });

  test('once the truth is known, though asked for before; and it stays what it is', async () => {
    const payment = await it.on.operate(await it.captured(), { kind: 'refund', amount: 6_000n }, unknown()); // prettier-ignore
    const id = await asksFor(payment, { operation_id: operationOf(payment), ...notDone });
    const { recordOperation } = await import('../../domain/record-operation.ts');
    const now = await it.on.state(payment.id);
    const [attempt, operation] = [now.attempts.at(-1), now.operations.at(-1)];
    if (attempt === undefined || operation === undefined) throw new Error('not there');
    const change = recordOperation({ payment: now, operation, attempt }, approved({ amountMinor: 6_000n })); // prettier-ignore
    if (change === null) throw new Error('nothing recorded');
    await it.on.commit(now, change);
    expect(seen(await it.decide(id, 'approve', 'support2'))).toBe('409 not_in_doubt');
    expect(await it.on.state(payment.id)).toMatchObject({ amountRefunded: 6_000n });
  });

  test('by writing it: the database wants the approval', async () => {
    const payment = await inDoubt();
    const forged = it.on.rows.all(
      `update attempts set status = 'authorized', basis = '{"kind": "staff", "detail": "me"}' where payment_id = $1`,
      [payment.id],
    );
    await expect(forged).rejects.toMatchObject({ constraint: 'resolution_requires_approval' });
  });
});

test('approved by sixteen at once, while the provider answers: one outcome, books that agree', async () => {
  const payment = await it.on.operate(await it.captured(), { kind: 'refund', amount: 6_000n }, unknown()); // prettier-ignore
  const id = await asksFor(payment, { operation_id: operationOf(payment), ...done });
  const { recordOperation } = await import('../../domain/record-operation.ts');
  const told = (async () => {
    const now = await it.on.state(payment.id);
    const [attempt, operation] = [now.attempts.at(-1), now.operations.at(-1)];
    if (attempt === undefined || operation === undefined) throw new Error('not there');
    const change = recordOperation({ payment: now, operation, attempt }, approved({ amountMinor: 6_000n })); // prettier-ignore
    return change === null ? null : it.on.commit(now, change).catch(() => null);
  })();
  const answers = await Promise.all(Array.from({ length: 16 }, () => it.decide(id, 'approve', 'support2'))); // prettier-ignore
  await told;
  expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
  expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
  expect(await it.on.state(payment.id)).toMatchObject({
    amountRefunded: 6_000n,
    refundReserved: 0n,
  });
  const entries = await entriesOf(payment);
  expect(entries.filter((event) => event === 'refund')).toHaveLength(1);
});

test('is said of one send: sent again since, it is asked about anew', async () => {
  const payment = await inDoubt();
  const id = await asksFor(payment, { attempt_id: attemptOf(payment), ...notDone });
  await it.on.rows.all('update attempts set sent_count = 2 where id = $1', [attemptOf(payment)]);
  expect(seen(await it.decide(id, 'approve', 'support2'))).toBe('409 not_in_doubt');
  expect(await it.on.state(payment.id)).toMatchObject({ attempts: [{ status: 'unknown' }] });
});
