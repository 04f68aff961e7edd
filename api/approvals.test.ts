/** Four eyes over HTTP, on real PostgreSQL: refunds above a limit, and whoever decides about them. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { PaymentState } from '../domain/payment-state.ts';
import { approvalLifeMs } from '../domain/timing.ts';
import { fakePorts, startApi, testPrincipal, type ApiResponse, type TestApi } from '../test/support/api.ts'; // prettier-ignore
import { countOf, openPaymentDatabase, type PaymentDatabase } from '../test/support/payment-database.ts'; // prettier-ignore
import { aContract, declined } from '../test/support/payments.ts';
import { applyTimers } from '../domain/timers.ts';
import { nextStep } from '../domain/next-step.ts';
import { newId } from '../runtime/ids.ts';
import { createApprovals } from './backend/approvals.ts';
import { createPayments } from './backend/payments.ts';
import { createCommands } from './commands/commands.ts';
import { createFreshPayments } from './commands/fresh-payments.ts';
import { createWaiter } from './commands/waiter.ts';
import { scopes } from './ports.ts';
import type { StaffMember } from './staff-tokens.ts';

const of = (subject: string, some: readonly (typeof scopes)[number][]): StaffMember => ({
  subject,
  scopes: some,
});
const supportScopes = ['payments:read', 'refunds:write', 'approvals:read', 'approvals:decide'] as const; // prettier-ignore
const staff: Record<string, StaffMember> = {
  support: of('sue', supportScopes),
  support2: of('sam', supportScopes),
  viewer: of('vic', ['payments:read', 'approvals:read']),
};

let on: PaymentDatabase;
let api: TestApi;
let merchantId: string;
const nudged: string[] = [];
beforeAll(async () => {
  on = await openPaymentDatabase();
  merchantId = await on.newMerchant();
  await limit({ USD: 5_000 });
  const contractOf = (): ReturnType<typeof aContract> => aContract();
  const commands = createCommands({
    ...{ db: on.api, runs: () => undefined, waiter: createWaiter(), fresh: createFreshPayments() },
    log: pino({ level: 'silent' }),
  });
  const ports = fakePorts({
    principals: {
      byApiKey: async () => ({ ...testPrincipal, merchantId }),
      merchantExists: async () => true,
    },
    payments: createPayments({
      ...{ db: on.api, commands, contractOf, gate: { pass: async () => undefined } },
    }),
    approvals: createApprovals({
      ...{ workerDb: on.worker, contractOf, refreshRouting: async () => undefined },
      nudge: async (id) => void nudged.push(id),
    }),
  });
  api = await startApi(ports, { staff: { verify: async (token) => staff[token] ?? null } });
});
afterAll(async () => {
  await api.close();
  await on.close();
});

const limit = (limits: object | null, merchant = merchantId): Promise<unknown> =>
  on.rows.all('update merchants set refund_limits = $2 where id = $1', [
    merchant,
    limits === null ? null : JSON.stringify(limits),
  ]);
const captured = (): Promise<PaymentState> => on.captured({ merchantId });
const key = (): Record<string, string> => ({ 'idempotency-key': newId('key') });
const as = (who: string): Record<string, string> => ({
  ...{ authorization: `Bearer ${who}`, 'tender-merchant': merchantId, 'x-reason': 'because' },
});
const refund = (
  { id }: PaymentState,
  amount: number,
  headers: Record<string, string> = {},
): Promise<ApiResponse> =>
  api.post(`/v1/payments/${id}/refunds`, { amount, reason: 'broken' }, { ...key(), prefer: 'wait=0', ...headers }); // prettier-ignore
const decide = (
  id: unknown,
  verdict: 'approve' | 'reject',
  who: string,
  headers: Record<string, string> = {},
): Promise<ApiResponse> =>
  api.post(`/v1/approvals/${String(id)}/${verdict}`, {}, { ...key(), ...as(who), ...headers });
const seen = ({ status, body }: ApiResponse): string =>
  `${status} ${String(body['code'] ?? body['status'])}`;

/** Asked for by `who`; answers the approval's id. */
async function asked(payment: PaymentState, amount: number, who = 'support'): Promise<string> {
  const answer = await refund(payment, amount, as(who));
  expect(seen(answer)).toBe('202 requires_approval');
  return String(answer.body['approval_id']);
}
const refundsOf = async (id: string): Promise<readonly string[]> =>
  (await on.state(id)).operations
    .filter(({ kind }) => kind === 'refund')
    .map(({ status, amount }) => `${status} ${String(amount)}`);

describe('a refund above the limit', () => {
  test('waits with its amount reserved, is sent only after another person approved it', async () => {
    const payment = await captured();
    const began = performance.now();
    const first = await refund(payment, 6_000, { prefer: 'wait=10' });
    expect(performance.now() - began).toBeLessThan(3_000);
    expect([seen(first), first.headers.get('location')]).toEqual([
      '202 requires_approval',
      `/v1/refunds/${String(first.body['id'])}`,
    ]);
    const id = String(first.body['approval_id']);
    expect(await on.state(payment.id)).toMatchObject({ refundReserved: 6_000n });
    expect(nextStep(await on.state(payment.id))).toEqual({ kind: 'rest' });
    expect(seen(await refund(payment, 4_001))).toBe('409 refund_exceeds_captured');
    const { body } = await api.call(`/v1/approvals/${id}`, { headers: as('viewer'), key: null });
    expect(body).toMatchObject({
      ...{ object: 'approval', id, kind: 'refund', status: 'open', payment_id: payment.id },
      binds: { id: first.body['id'], version: Number(payment.version), amount: 6_000, currency: 'USD' }, // prettier-ignore
      ...{ asked_by: 'api_key:key_1', reason: 'broken', decided_by: null },
    });
    const life = Date.parse(String(body['expires_at'])) - Date.parse(String(body['created_at']));
    expect(Math.abs(life - approvalLifeMs)).toBeLessThan(1_000);

    const answer = await decide(id, 'approve', 'support2');
    expect(seen(answer)).toBe('200 approved');
    expect(answer.body).toMatchObject({ decided_by: 'staff:sam', decision_reason: 'because' });
    expect(await refundsOf(payment.id)).toEqual(['requested 6000']);
    expect(nextStep(await on.state(payment.id))).toMatchObject({ kind: 'submit_operation' });
    expect(nudged).toContain(payment.id);
    const line = await on.rows.one(
      `select actor, from_status, to_status, evidence ->> 'asked_by' as asker, evidence ->> 'approval_id' as approval
       from timeline where payment_id = $1 and kind = 'refund.approved'`,
      [payment.id],
    );
    expect(line).toEqual({ actor: 'staff:sam', from_status: 'requires_approval', to_status: 'requested', asker: 'api_key:key_1', approval: id }); // prettier-ignore
  });

  test('below it nobody else is needed; and many below it are one above', async () => {
    const payment = await captured();
    expect(seen(await refund(payment, 3_000))).toBe('202 pending');
    expect(seen(await refund(payment, 2_001))).toBe('202 requires_approval');
    expect(seen(await refund(payment, 2_000))).toBe('202 pending');
    expect(seen(await refund(payment, 1))).toBe('202 requires_approval');
  });

  test('is of the currency: one that is not named has none; without limits nobody is asked', async () => {
    const free = await on.captured({ merchantId: await on.newMerchant() });
    expect(free.refundLimit).toBeNull();
    expect((await on.captured({ merchantId, currency: 'EUR' })).refundLimit).toBe(0n);
    expect((await captured()).refundLimit).toBe(5_000n);
  });

  test('cannot be written around: the database counts as well', async () => {
    const payment = await captured();
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
    await expect(on.commit(payment, change)).rejects.toMatchObject({ constraint: 'refund_requires_approval' }); // prettier-ignore
  });
});

describe('the second person', () => {
  test('is not the one who asked', async () => {
    const payment = await captured();
    const id = await asked(payment, 6_000, 'support');
    expect(seen(await decide(id, 'approve', 'support'))).toBe('403 second_person_required');
    expect(await refundsOf(payment.id)).toEqual(['requires_approval 6000']);
    const around = on.rows.all(
      `update approvals set status = 'approved', decided_by = asked_by, decided_at = tender_now() where id = $1`,
      [id],
    );
    await expect(around).rejects.toMatchObject({ constraint: 'approvals_four_eyes' });
    // Taken back is another thing.
    expect(seen(await decide(id, 'reject', 'support'))).toBe('200 rejected');
  });

  test('is of the staff, with a role for it, and says why not', async () => {
    const id = await asked(await captured(), 6_000);
    expect(seen(await decide(id, 'approve', 'viewer'))).toBe('403 forbidden');
    const byKey = await api.post(`/v1/approvals/${id}/approve`, {}, key());
    expect(seen(byKey)).toBe('403 forbidden');
    expect(seen(await decide(id, 'reject', 'support2', { 'x-reason': '' }))).toBe('400 invalid_request'); // prettier-ignore
    expect((await api.call('/v1/approvals')).status).toBe(403);
  });

  test('of another merchant sees nothing', async () => {
    const id = await asked(await captured(), 6_000);
    const elsewhere = { 'tender-merchant': 'mer_other' };
    expect((await decide(id, 'approve', 'support2', elsewhere)).status).toBe(404);
    expect((await decide('apr_x', 'approve', 'support2')).status).toBe(404);
  });

  test('says it once, and a repeat is the same', async () => {
    const id = await asked(await captured(), 6_000);
    const once = key();
    const first = await decide(id, 'approve', 'support2', once);
    const again = await decide(id, 'approve', 'support2', once);
    expect([again.status, again.body, again.headers.get('idempotent-replayed')]).toEqual([200, first.body, 'true']); // prettier-ignore
    expect(seen(await decide(id, 'reject', 'support2', once))).toBe('422 idempotency_key_reused');
    const late = key();
    expect(seen(await decide(id, 'reject', 'support2', late))).toBe('409 approval_decided');
    const replayed = await decide(id, 'reject', 'support2', late);
    expect([seen(replayed), replayed.headers.get('idempotent-replayed')]).toEqual(['409 approval_decided', 'true']); // prettier-ignore
  });

  test('who says no ends it: what was reserved is free, and the key has its answer', async () => {
    const payment = await captured();
    const own = key();
    const first = await refund(payment, 6_000, own);
    expect(seen(await decide(first.body['approval_id'], 'reject', 'support2'))).toBe('200 rejected'); // prettier-ignore
    expect(await on.state(payment.id)).toMatchObject({ refundReserved: 0n, amountRefunded: 0n });
    const repeat = await refund(payment, 6_000, own);
    expect(seen(repeat)).toBe('402 refund_rejected');
    expect(repeat.body).toMatchObject({
      operation: { status: 'rejected', failure: { code: 'not_approved' } },
    });
    const events = await on.rows.all<{ type: string }>('select type from outbox where payment_id = $1 order by sequence', [payment.id]); // prettier-ignore
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['refund.created', 'refund.failed'])); // prettier-ignore
    const entries = await on.rows.all(`select from journal_entries where payment_id = $1 and event like 'refund%'`, [payment.id]); // prettier-ignore
    expect(entries).toEqual([]);
  });
});

describe('at once', () => {
  test.each([
    ['twice approved', ['approve', 'approve']],
    ['approved and rejected', ['approve', 'reject']],
    ['sixteen of both', Array.from({ length: 16 }, (_, n) => (n % 2 === 0 ? 'approve' : 'reject'))],
  ] as const)('%s: one decides, the others are told', async (_, verdicts) => {
    const payment = await captured();
    const id = await asked(payment, 6_000, 'support');
    const answers = await Promise.all(verdicts.map((verdict) => decide(id, verdict, 'support2')));
    const counts = countOf(answers.map(({ status }) => String(status)));
    expect(counts).toEqual({ 200: 1, 409: verdicts.length - 1 });
    const winner = answers.find(({ status }) => status === 200)?.body['status'];
    expect(await refundsOf(payment.id)).toEqual([
      winner === 'approved' ? 'requested 6000' : 'rejected 6000',
    ]);
  });

  test('approved while more is asked for: the ceiling holds', async () => {
    const payment = await captured();
    const id = await asked(payment, 6_000, 'support');
    const [decision, ...others] = await Promise.all([
      decide(id, 'approve', 'support2'),
      ...Array.from({ length: 8 }, () => refund(payment, 3_000)),
    ]);
    expect(seen(decision)).toBe('200 approved');
    expect(others.filter(({ status }) => status === 202)).toHaveLength(1);
    expect((await on.state(payment.id)).refundReserved).toBe(9_000n);
  });
});

describe('a week later', () => {
  const pass = (): Promise<unknown> =>
    on.rows.all(`update clock set offset_seconds = offset_seconds + 7 * 86400`);

  test('it has lapsed: nobody approves it, and its own run frees the amount', async () => {
    const payment = await captured();
    const id = await asked(payment, 6_000);
    await on.rows.all(`select receive_webhook('alder', $1, 'test', $2, '', 0)`, [newId('evt'), (await on.state(payment.id)).operations.at(-1)?.id]); // prettier-ignore
    // Whatever names it: it lapses when it was said to, and not before.
    expect(nextStep(await on.state(payment.id))).toEqual({ kind: 'rest' });
    await pass();
    expect(seen(await decide(id, 'approve', 'support2'))).toBe('409 approval_lapsed');
    const { body } = await api.call(`/v1/approvals?status=lapsed&payment_id=${payment.id}`, { headers: as('viewer'), key: null }); // prettier-ignore
    expect(body['data']).toEqual([expect.objectContaining({ id, status: 'lapsed' })]);
    const before = await on.state(payment.id);
    expect(nextStep(before)).toEqual({ kind: 'apply_timers' });
    const change = applyTimers(before, newId('op'));
    if (change === null) throw new Error('nothing lapsed');
    const after = await on.commit(before, change);
    expect(after).toMatchObject({ refundReserved: 0n });
    expect(after.operations.at(-1)).toMatchObject({ status: 'rejected', failureCode: 'approval_lapsed' }); // prettier-ignore
    const kept = await on.rows.one('select status, decided_by from approvals where id = $1', [id]);
    expect(kept).toEqual({ status: 'lapsed', decided_by: 'tender' });
    expect(nextStep(after)).toEqual({ kind: 'rest' });
  });
});

describe('when the payment has moved on since', () => {
  test('what still fits is approved', async () => {
    const payment = await captured();
    const id = await asked(payment, 6_000);
    await on.operate(await on.state(payment.id), { kind: 'refund', cause: 'cancel', amount: 1_000n }, declined()); // prettier-ignore
    expect((await on.state(payment.id)).version).toBeGreaterThan(payment.version + 1n);
    expect(seen(await decide(id, 'approve', 'support2'))).toBe('200 approved');
  });

  test('what no longer fits is not, and can still be rejected', async () => {
    const payment = await captured();
    const id = await asked(payment, 6_000);
    // The capture is taken back: a fact, whatever is reserved on it.
    await on.rows.all(`update operations set status = 'failed' where payment_id = $1 and kind = 'capture'`, [payment.id]); // prettier-ignore
    expect(seen(await decide(id, 'approve', 'support2'))).toBe('409 refund_exceeds_captured');
    expect(await refundsOf(payment.id)).toEqual(['requires_approval 6000']);
    expect(seen(await decide(id, 'reject', 'support2'))).toBe('200 rejected');
    expect(await on.state(payment.id)).toMatchObject({ refundReserved: 0n });
  });
});

test('the list is filtered and paged, newest first', async () => {
  await limit({});
  const payment = await captured();
  const ids = [await asked(payment, 5_001), await asked(payment, 1_000), await asked(payment, 999)];
  await decide(ids[1], 'reject', 'support2');
  const list = async (query: string): Promise<ApiResponse['body']> =>
    (await api.call(`/v1/approvals?payment_id=${payment.id}${query}`, { headers: as('viewer'), key: null })).body; // prettier-ignore
  const idsOf = (body: ApiResponse['body']): unknown =>
    (body['data'] as { id: string }[]).map(({ id }) => id);
  const first = await list('&limit=2');
  expect([idsOf(first), first['has_more']]).toEqual([[ids[2], ids[1]], true]);
  expect(idsOf(await list(`&limit=2&after=${String(first['next'])}`))).toEqual([ids[0]]);
  expect(idsOf(await list('&status=open'))).toEqual([ids[2], ids[0]]);
  expect(idsOf(await list('&kind=routing_rules'))).toEqual([]);
});
