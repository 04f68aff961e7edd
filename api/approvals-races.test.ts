/** Approvals decided at once, too late, and of payments that have moved on meanwhile. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { applyTimers } from '../domain/timers.ts';
import { nextStep } from '../domain/next-step.ts';
import { recordClosedOperation } from '../domain/record-closed-operation.ts';
import { newId } from '../runtime/ids.ts';
import { seen, startApprovalsApi, type ApprovalsApi } from '../test/support/approvals-api.ts';
import { countOf } from '../test/support/payment-database.ts';
import { declined } from '../test/support/payments.ts';

let it: ApprovalsApi;
beforeAll(async () => {
  it = await startApprovalsApi();
});
afterAll(() => it.close());

describe('at once', () => {
  test.each([
    ['twice approved', ['approve', 'approve']],
    ['approved and rejected', ['approve', 'reject']],
    ['sixteen of both', Array.from({ length: 16 }, (_, n) => (n % 2 === 0 ? 'approve' : 'reject'))],
  ] as const)('%s: one decides, the others are told', async (_, verdicts) => {
    const payment = await it.captured();
    const id = await it.asked(payment, 6_000);
    const answers = await Promise.all(
      verdicts.map((verdict) => it.decide(id, verdict, 'support2')),
    );
    const counts = countOf(answers.map(({ status }) => String(status)));
    expect(counts).toEqual({ 200: 1, 409: verdicts.length - 1 });
    const winner = answers.find(({ status }) => status === 200)?.body['status'];
    expect(await it.refundsOf(payment.id)).toEqual([
      winner === 'approved' ? 'requested 6000' : 'rejected 6000',
    ]);
  });

  test('approved while more is asked for: the ceiling holds', async () => {
    const payment = await it.captured();
    const id = await it.asked(payment, 6_000);
    const [decision, ...others] = await Promise.all([
      it.decide(id, 'approve', 'support2'),
      ...Array.from({ length: 8 }, () => it.refund(payment, 3_000)),
    ]);
    expect(seen(decision)).toBe('200 approved');
    expect(others.filter(({ status }) => status === 202)).toHaveLength(1);
    expect((await it.on.state(payment.id)).refundReserved).toBe(9_000n);
  });
});

describe('a week later', () => {
  const pass = (): Promise<unknown> =>
    it.on.rows.all(`update clock set offset_seconds = offset_seconds + 7 * 86400`);

  test('it has lapsed: nobody approves it, and its own run frees the amount', async () => {
    const payment = await it.captured();
    const id = await it.asked(payment, 6_000);
    await it.on.rows.all(`select receive_webhook('alder', $1, 'test', $2, '', 0)`, [newId('evt'), (await it.on.state(payment.id)).operations.at(-1)?.id]); // prettier-ignore
    // Whatever names it: it lapses when it was said to, and not before.
    expect(nextStep(await it.on.state(payment.id))).toEqual({ kind: 'rest' });
    await pass();
    expect(seen(await it.decide(id, 'approve', 'support2'))).toBe('409 approval_lapsed');
    const { body } = await it.api.call(`/v1/approvals?status=lapsed&payment_id=${payment.id}`, { headers: it.as('viewer'), key: null }); // prettier-ignore
    expect(body['data']).toEqual([expect.objectContaining({ id, status: 'lapsed' })]);
    const before = await it.on.state(payment.id);
    expect(nextStep(before)).toEqual({ kind: 'apply_timers' });
    const change = applyTimers(before, newId('op'));
    if (change === null) throw new Error('nothing lapsed');
    const after = await it.on.commit(before, change);
    expect(after).toMatchObject({ refundReserved: 0n });
    expect(after.operations.at(-1)).toMatchObject({ status: 'rejected', failureCode: 'approval_lapsed' }); // prettier-ignore
    const kept = await it.on.rows.one('select status, decided_by from approvals where id = $1', [
      id,
    ]);
    expect(kept).toEqual({ status: 'lapsed', decided_by: 'tender' });
    // The event that named it is looked into once now that it moved, and that is all.
    const refund = after.operations.at(-1);
    if (refund === undefined) throw new Error('no refund');
    expect(nextStep(after)).toEqual({ kind: 'resolve_operation', operationId: refund.id });
    const evidence = { kind: 'lookup', provider: 'alder', detail: 'absent' } as const;
    const looked = recordClosedOperation(after, refund, { kind: 'absent', evidence }, newId('op'));
    if (looked === null) throw new Error('nothing to look at');
    expect(nextStep(await it.on.commit(after, looked))).toEqual({ kind: 'rest' });
  });
});

describe('when the payment has moved on since', () => {
  test('what still fits is approved', async () => {
    const payment = await it.captured();
    const id = await it.asked(payment, 6_000);
    await it.on.operate(await it.on.state(payment.id), { kind: 'refund', cause: 'cancel', amount: 1_000n }, declined()); // prettier-ignore
    expect((await it.on.state(payment.id)).version).toBeGreaterThan(payment.version + 1n);
    expect(seen(await it.decide(id, 'approve', 'support2'))).toBe('200 approved');
  });

  test('what no longer fits is not, and can still be rejected', async () => {
    const payment = await it.captured();
    const id = await it.asked(payment, 6_000);
    // The capture is taken back: a fact, whatever is reserved on it.
    await it.on.rows.all(`update operations set status = 'failed' where payment_id = $1 and kind = 'capture'`, [payment.id]); // prettier-ignore
    expect(seen(await it.decide(id, 'approve', 'support2'))).toBe('409 refund_exceeds_captured');
    expect(await it.refundsOf(payment.id)).toEqual(['requires_approval 6000']);
    expect(seen(await it.decide(id, 'reject', 'support2'))).toBe('200 rejected');
    expect(await it.on.state(payment.id)).toMatchObject({ refundReserved: 0n });
  });
});
