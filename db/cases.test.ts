/** Cases: opened once with what parked them, closed by the truth, and never rewritten. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { NewCase } from '../domain/case.ts';
import type { Change } from '../domain/change.ts';
import type { PaymentState } from '../domain/payment-state.ts';
import { unknown } from '../test/support/payments.ts';
import {
  openPaymentDatabase,
  sqlAs,
  verdictOf,
  type PaymentDatabase,
} from '../test/support/payment-database.ts';
import { sql } from 'kysely';
import { commitChange } from './changes.ts';

let on: PaymentDatabase;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

const idOf = (payment: PaymentState): string => payment.attempts[0]?.id ?? '';

function parking(payment: PaymentState): Change {
  const id = idOf(payment);
  const opened: NewCase = {
    ...{ kind: 'unknown', attemptId: id, amount: payment.amount },
    ...{ reason: 'provider_silent', evidence: { detail: 'no_answer' } },
  };
  return {
    attempts: { update: [{ id, fromStatus: 'unknown', parkedAt: payment.now }] },
    cases: [opened],
    timeline: [],
  };
}

/** Two people agree what became of it. */
async function approveEnd(payment: PaymentState): Promise<void> {
  await on.rows.all(
    `insert into approvals (merchant_id, payment_id, kind, binds, request, asked_by, reason, expires_at)
     values ($1, $2, 'resolution', jsonb_build_object('id', $3::text, 'version', 1), '{}', 'staff:sue', 'x', tender_now() + interval '1 day')`,
    [payment.merchantId, payment.id, idOf(payment)],
  );
  await on.rows.all(
    `update approvals set status = 'approved', decided_by = 'staff:ada', decided_at = tender_now() where payment_id = $1`,
    [payment.id],
  );
}

const casesOf = (payment: PaymentState): Promise<readonly Record<string, unknown>[]> =>
  on.rows.all(
    `select kind, status, amount::int, currency, reason, subject_id, closed_by, resolution, closing_evidence,
      opened_at is not null as opened, closed_at is not null as closed
    from cases where payment_id = $1 order by id`,
    [payment.id],
  );

describe('a case', () => {
  test('is opened with what parked it, once for all who try', async () => {
    const doubtful = await on.tried({}, unknown());
    const results = await Promise.all(
      Array.from({ length: 8 }, () => commitChange(on.worker, doubtful, parking(doubtful))),
    );
    expect(results.filter(({ committed }) => committed)).toHaveLength(1);
    // And again by somebody who has not seen that it is parked.
    await on.commit(await on.state(doubtful.id), parking(doubtful));
    expect(await casesOf(doubtful)).toEqual([
      {
        ...{ kind: 'unknown', status: 'open', amount: 10_000, currency: 'USD' },
        ...{ reason: 'provider_silent', subject_id: idOf(doubtful), opened: true, closed: false },
        ...{ closed_by: null, resolution: null, closing_evidence: null },
      },
    ]);
  });

  test.each([
    [{ kind: 'lookup', detail: 'found' }, 'tender'],
    [{ kind: 'staff', detail: 'staff:ada' }, 'staff:ada'],
  ] as const)(
    'ends with the doubt, in the same commit, on the evidence of it: %j',
    async (basis, by) => {
      const doubtful = await on.tried({}, unknown());
      const parked = await on.commit(doubtful, parking(doubtful));
      expect(parked.attempts[0]?.parkedAt).toBe(doubtful.now);
      if (basis.kind === 'staff') await approveEnd(parked);
      const known = await on.commit(parked, {
        payment: { status: 'requires_payment_method' },
        attempts: {
          update: [{ id: idOf(parked), fromStatus: 'unknown', status: 'declined', basis }],
        },
        timeline: [],
      });
      expect(known.attempts[0]?.parkedAt).toBeNull();
      expect(await casesOf(doubtful)).toMatchObject([
        { status: 'closed', closed_by: by, resolution: 'declined', closing_evidence: basis },
      ]);
    },
  );

  test('stays open with a commit that is not made', async () => {
    const doubtful = await on.tried({}, unknown());
    const parked = await on.commit(doubtful, parking(doubtful));
    const broken = on.commit(parked, {
      attempts: { update: [{ id: idOf(parked), fromStatus: 'unknown', status: 'declined' }] },
      operations: { update: [{ id: 'op_none', fromStatus: 'requested' }] },
      timeline: [],
    });
    expect(await verdictOf(broken)).toBe('TD008');
    expect(await casesOf(doubtful)).toMatchObject([{ status: 'open' }]);
  });

  test('may be opened again when there is a new doubt', async () => {
    const captured = await on.captured();
    const doubtful = await on.operate(captured, { kind: 'refund' }, unknown());
    const refund = doubtful.operations.at(-1)?.id ?? '';
    const opened: NewCase = {
      ...{ kind: 'unknown', attemptId: idOf(captured), operationId: refund, amount: 1n },
      ...{ reason: 'absence_proves_nothing', evidence: {} },
    };
    const park = (p: PaymentState): Change => ({
      operations: { update: [{ id: refund, fromStatus: 'unknown', parkedAt: p.now }] },
      cases: [opened],
      timeline: [],
    });
    const parked = await on.commit(doubtful, park(doubtful));
    const again = await on.commit(parked, {
      operations: { update: [{ id: refund, fromStatus: 'unknown', status: 'requested' }] },
      timeline: [],
    });
    const sent = await on.commit(again, {
      operations: { update: [{ id: refund, fromStatus: 'requested', status: 'submitting' }] },
      timeline: [],
    });
    const lost = await on.commit(sent, {
      operations: { update: [{ id: refund, fromStatus: 'submitting', status: 'unknown' }] },
      timeline: [],
    });
    await on.commit(lost, park(lost));
    expect(await casesOf(captured)).toMatchObject([{ status: 'closed' }, { status: 'open' }]);
  });
});

describe('nobody', () => {
  let parked: PaymentState;
  beforeAll(async () => {
    const doubtful = await on.tried({}, unknown());
    parked = await on.commit(doubtful, parking(doubtful));
  });

  test.each([
    ['changes what it says', `update cases set amount = 1`],
    ['moves it to another reason', `update cases set reason = 'x'`],
    ['deletes it', 'delete from cases'],
    ['closes it without saying how', `update cases set status = 'closed'`],
  ])('%s', async (_, statement) => {
    const verdict = verdictOf(on.rows.all(`${statement} where payment_id = $1`, [parked.id]));
    expect(['TD002', 'cases_closed_with_resolution']).toContain(await verdict);
  });

  test('parks what is not in doubt', async () => {
    const captured = await on.captured();
    const change = {
      id: idOf(captured),
      fromStatus: 'authorized',
      parkedAt: captured.now,
    } as const;
    const commit = on.commit(captured, { attempts: { update: [change] }, timeline: [] });
    expect(await verdictOf(commit)).toBe('attempts_parked_while_unknown');
  });

  test('closes an unknown by hand; another kind once, with a name and what was done', async () => {
    const attemptId = idOf(parked);
    await on.commit(parked, {
      cases: [{ kind: 'excess', attemptId, amount: 1n, reason: 'test', evidence: {} }],
      timeline: [],
    });
    const { rows } = await sql<{ id: string; kind: string }>`
      select id, kind from cases where payment_id = ${parked.id} order by kind`.execute(on.worker);
    const close = (id: string): Promise<readonly unknown[]> =>
      sqlAs(
        on,
        'tender_worker',
        parked.merchantId,
        sql`
        select close_case(${id}, 'staff:ada', 'refunded by hand') as closed`,
      );
    const [excess, doubt] = rows.map(({ id }) => id);
    expect(await close(excess ?? '')).toEqual([{ closed: true }]);
    expect(await close(excess ?? '')).toEqual([{ closed: false }]);
    expect(await verdictOf(close(doubt ?? ''))).toBe('case_of_unknown');
    expect(
      await verdictOf(
        sqlAs(
          on,
          'tender_api',
          parked.merchantId,
          sql`
      select close_case(${excess ?? ''}, 'x', 'y')`,
        ),
      ),
    ).toBe('42501');
  });
});
