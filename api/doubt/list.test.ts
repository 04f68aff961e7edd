/** What is in doubt, as support and finance see it; and what it costs to look while there is much else. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql, type Transaction } from 'kysely';
import type { Database } from '../../db/database.ts';
import { doubtTotals, listDoubts } from '../../db/doubts.ts';
import { asMerchant } from '../../db/payments.ts';
import type { Change } from '../../domain/change.ts';
import type { PaymentState } from '../../domain/payment-state.ts';
import { newId } from '../../runtime/ids.ts';
import { startApprovalsApi, type ApprovalsApi } from '../../test/support/approvals-api.ts';
import { pending, unknown } from '../../test/support/payments.ts';

let it: ApprovalsApi;
let attempt: PaymentState;
let refund: PaymentState;
let parked: PaymentState;
beforeAll(async () => {
  it = await startApprovalsApi();
  await it.limit(null);
  await it.captured();
  await it.on.tried({ merchantId: it.merchantId }, pending());
  attempt = await it.on.tried({ merchantId: it.merchantId }, unknown());
  const operation = { kind: 'refund', amount: 6_000n } as const;
  refund = await it.on.operate(await it.captured(), operation, unknown());
  parked = await park(await it.on.tried({ merchantId: it.merchantId, currency: 'EUR' }, unknown()));
  await it.on.tried({}, unknown());
});
afterAll(() => it.close());

function park(payment: PaymentState): Promise<PaymentState> {
  const id = payment.attempts[0]?.id ?? '';
  const opened = { kind: 'unknown', attemptId: id, amount: payment.amount } as const;
  const change: Change = {
    attempts: { update: [{ id, fromStatus: 'unknown', parkedAt: payment.now }] },
    cases: [{ ...opened, reason: 'provider_silent', evidence: {} }],
    timeline: [],
  };
  return it.on.commit(payment, change);
}

const list = async (query = ''): Promise<Readonly<Record<string, unknown>>> => {
  const answer = await it.api.call(`/v1/payments_in_doubt${query}`, { headers: it.as('viewer'), key: null }); // prettier-ignore
  expect(answer.status).toBe(200);
  return answer.body;
};
const idsOf = (body: Readonly<Record<string, unknown>>): readonly unknown[] =>
  (body['data'] as { payment_id: string }[]).map(({ payment_id }) => payment_id);

describe('what is in doubt', () => {
  test('is shown newest first, with age, exposure, provider, lookups and case', async () => {
    const body = await list();
    expect(idsOf(body)).toEqual([parked.id, refund.id, attempt.id]);
    const [eur, back, first] = body['data'] as Record<string, unknown>[];
    expect(first).toMatchObject({
      ...{ object: 'payment_in_doubt', payment_status: 'processing' },
      doubts: [
        {
          ...{ attempt_id: attempt.attempts[0]?.id, operation_id: null, status: 'unknown' },
          ...{ provider: 'alder', lookups: 0, next_lookup_at: expect.any(String) },
          ...{ kind: 'authorize', parked_at: null, case_id: null },
          exposure: { amount: 10_000, currency: 'USD', hurts: 'shopper', counts_as: 'authorized' },
        },
      ],
    });
    expect(back).toMatchObject({
      payment_status: 'captured',
      doubts: [
        {
          ...{ kind: 'refund', operation_id: refund.operations.at(-1)?.id },
          exposure: { amount: 6_000, currency: 'USD', hurts: 'merchant', counts_as: 'refunded' },
        },
      ],
    });
    const { id } = await it.on.rows.one<{ id: string }>('select id from cases where payment_id = $1', [parked.id]); // prettier-ignore
    expect(eur).toMatchObject({ doubts: [{ case_id: id, parked_at: expect.any(String) }] });
  });

  test('is summed by currency and provider, and by whose money it is', async () => {
    const { totals } = await list('?limit=1');
    expect(totals).toEqual([
      {
        ...{ currency: 'EUR', provider: 'alder', count: 1, oldest_since: expect.any(String) },
        exposure: { shopper: '10000', merchant: '0' },
      },
      {
        ...{ currency: 'USD', provider: 'alder', count: 2, oldest_since: expect.any(String) },
        exposure: { shopper: '10000', merchant: '6000' },
      },
    ]);
  });

  test('comes in pages of payments', async () => {
    const first = await list('?limit=2');
    expect([idsOf(first), first['has_more'], first['next']]).toEqual([[parked.id, refund.id], true, refund.id]); // prettier-ignore
    const second = await list(`?limit=2&after=${refund.id}`);
    expect([idsOf(second), second['has_more'], second['next']]).toEqual([[attempt.id], false, null]); // prettier-ignore
  });

  test('grows older with the clock, and what never came back is in doubt once its time is over', async () => {
    const payment = await it.on.accept({ merchantId: it.merchantId });
    const { submitAttempt } = await import('../../domain/submit-attempt.ts');
    const { aContract } = await import('../../test/support/payments.ts');
    const decision = { kind: 'try', provider: 'birch', token: 'tok_visa', excluded: [] } as const;
    const identity = { attemptId: newId('att'), returnToken: newId('ret') };
    const sent = await it.on.commit(payment, submitAttempt(payment, decision, aContract(), identity)); // prettier-ignore
    expect(idsOf(await list())).not.toContain(sent.id);
    await it.on.rows.all('update clock set offset_seconds = offset_seconds + 3600');
    const [newest] = (await list())['data'] as { payment_id: string; age_seconds: number; doubts: { status: string }[] }[]; // prettier-ignore
    expect(newest).toMatchObject({ payment_id: sent.id, doubts: [{ status: 'submitting' }] });
    expect(newest?.age_seconds).toBeGreaterThanOrEqual(3_600);
    await it.on.rows.all(`update attempts set status = 'declined' where payment_id = $1`, [sent.id]); // prettier-ignore
  });

  test('is not for a merchant’s key', async () => {
    expect((await it.api.call('/v1/payments_in_doubt')).status).toBe(403);
  });
});

/** By this connection until now; what earlier transactions of it read may be in it. */
async function readSoFar(trx: Transaction<Database>): Promise<number> {
  const { rows } = await sql<{ read: string }>`
    select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) as read from pg_stat_xact_user_tables
    where relname in ('payments', 'attempts', 'operations', 'timeline', 'cases')`.execute(trx);
  return Number(rows[0]?.read);
}
const rowsRead = (): Promise<number> =>
  asMerchant(it.on.api, it.merchantId, async (trx) => {
    const before = await readSoFar(trx);
    await listDoubts(trx, it.merchantId, { limit: 20 });
    await doubtTotals(trx, it.merchantId);
    return (await readSoFar(trx)) - before;
  });

test('looking reads no more rows among 60,000 payments than among six', async () => {
  await it.on.rows.all('analyze');
  const few = await rowsRead();
  expect(few).toBeGreaterThan(0);
  // Set-wise and past the triggers: only their number matters.
  await it.on.rows.all(`
    begin;
    set local session_replication_role = replica;
    create temporary table many on commit drop as
      select 'pay_' || uuidv7() as payment_id, 'att_' || uuidv7() as attempt_id, n from generate_series(1, 60000) n;
    insert into payments select p.* from many m, payments t,
      jsonb_populate_record(t, jsonb_build_object('id', m.payment_id)) p where t.id = '${attempt.id}';
    insert into attempts select a.* from many m, attempts t,
      jsonb_populate_record(t, jsonb_build_object('id', m.attempt_id, 'payment_id', m.payment_id, 'status', 'authorized',
        'provider_key', m.attempt_id, 'return_token', m.attempt_id)) a where t.payment_id = '${attempt.id}';
    commit`);
  await it.on.rows.all('analyze');
  const count = await it.on.rows.one<{ n: number }>('select count(*)::int as n from attempts where merchant_id = $1', [it.merchantId]); // prettier-ignore
  expect(count.n).toBeGreaterThan(60_000);
  const many = await rowsRead();
  expect(many).toBeLessThanOrEqual(Math.max(few, 40));
}, 60_000);
