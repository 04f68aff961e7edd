/** `commit_change`: compare-and-set, all or nothing, and when the payment next wants attention. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Change } from '../domain/change.ts';
import { liveAttempt, type PaymentState } from '../domain/payment-state.ts';
import { submitAttempt } from '../domain/submit-attempt.ts';
import { newId } from '../runtime/ids.ts';
import { aContract, approved, declined, pending, unknown } from '../test/support/payments.ts';
import {
  aNewOperation,
  openPaymentDatabase,
  verdictOf,
  type PaymentDatabase,
} from '../test/support/payment-database.ts';
import { commitChange } from './changes.ts';
import { setClockOffset } from './access.ts';

let on: PaymentDatabase;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

const line = { actor: 'tender', kind: 'test', evidence: {} };
const event = { type: 'payment.captured' };

function anAttemptOf(payment: PaymentState): Change {
  const decision = { kind: 'try' as const, provider: 'alder', token: 'tok_visa', excluded: [] };
  const identity = { attemptId: newId('att'), returnToken: newId('return') };
  return submitAttempt(payment, decision, aContract(), identity);
}

describe('compare-and-set', () => {
  test('of 20 that decided on the same version one commits, and all others learn the truth', async () => {
    const fresh = await on.accept();
    const results = await Promise.all(
      Array.from({ length: 20 }, () => commitChange(on.worker, fresh, anAttemptOf(fresh))),
    );
    expect(results.filter(({ committed }) => committed)).toHaveLength(1);
    const known = new Set(results.map(({ snapshot }) => snapshot.attempts[0]?.id));
    expect(known.size).toBe(1);
    expect(new Set(results.map(({ snapshot }) => snapshot.payment.version))).toEqual(new Set([2]));
  });

  test('an older version changes nothing at all', async () => {
    const fresh = await on.accept();
    const now = await on.commit(fresh, anAttemptOf(fresh));
    const late = await commitChange(on.worker, fresh, {
      payment: { status: 'blocked' },
      operations: { insert: [aNewOperation({ kind: 'void' })] },
      timeline: [line],
      events: [event],
    });
    expect(late.committed).toBe(false);
    expect({ ...(await on.state(fresh.id)), now: 0 }).toEqual({ ...now, now: 0 });
  });

  test('a payment that is not there is not committed', async () => {
    const fresh = await on.accept();
    const result = await commitChange(on.worker, { ...fresh, id: 'pay_none' }, { timeline: [] });
    expect(result).toEqual({ committed: false, snapshot: null });
  });

  test.each<[string, (payment: PaymentState) => Change]>([
    [
      'an attempt in another status',
      (p) => ({
        attempts: { update: [{ id: liveAttempt(p)?.id ?? '', fromStatus: 'unknown' }] },
        timeline: [line],
      }),
    ],
    [
      'an attempt of another payment',
      () => ({
        attempts: { update: [{ id: 'att_none', fromStatus: 'authorized' }] },
        timeline: [line],
      }),
    ],
    [
      'an operation that is not there',
      () => ({
        operations: { update: [{ id: 'op_none', fromStatus: 'requested' }] },
        timeline: [line],
      }),
    ],
  ])('%s undoes all of the change', async (_, change) => {
    const before = await on.tried();
    const decided = change(before);
    const verdict = verdictOf(
      on.commit(before, { ...decided, payment: { status: 'canceled' }, events: [event] }),
    );
    expect(await verdict).toBe('TD008');
    expect({ ...(await on.state(before.id)), now: 0 }).toEqual({ ...before, now: 0 });
  });

  test('a refused entry undoes all of the change', async () => {
    const before = await on.tried();
    const posting = { account: '1100' as const, provider: 'alder', currency: 'USD' };
    const verdict = verdictOf(
      on.commit(before, {
        payment: { status: 'canceled' },
        entries: [
          {
            key: 'lopsided',
            event: 'test',
            state: 'posted',
            postings: [
              { ...posting, side: 'debit', amount: 100n },
              { ...posting, account: '4000', side: 'credit', amount: 99n },
            ],
          },
        ],
        timeline: [line],
        events: [event],
      }),
    );
    expect(await verdict).toBe('journal_entry_balanced');
    expect((await on.state(before.id)).status).toBe('requires_capture');
  });
});

describe('events', () => {
  const sequences = async (paymentId: string): Promise<number[]> => {
    const rows = await on.rows.all<{ sequence: number }>(
      'select sequence from outbox where payment_id = $1 order by id',
      [paymentId],
    );
    return rows.map(({ sequence }) => sequence);
  };

  test('are numbered without gap, however many write at once', async () => {
    const fresh = await on.accept();
    const write = async (): Promise<void> => {
      for (;;) {
        const payment = await on.state(fresh.id);
        const result = await commitChange(on.worker, payment, {
          timeline: [line],
          events: [event, event],
        });
        if (result.committed) return;
      }
    };
    await Promise.all(Array.from({ length: 10 }, write));
    const found = await sequences(fresh.id);
    expect([...found].sort((a, b) => a - b)).toEqual(Array.from({ length: 21 }, (_, i) => i + 1));
  });

  test('are gone with the transaction that is undone, and their numbers with them', async () => {
    const fresh = await on.accept();
    await on.worker
      .transaction()
      .execute(async (trx) => {
        await commitChange(trx, fresh, { timeline: [line], events: [event] });
        throw new Error('undone');
      })
      .catch(() => undefined);
    expect(await sequences(fresh.id)).toEqual([1]);
    await on.commit(fresh, { timeline: [line], events: [event] });
    expect(await sequences(fresh.id)).toEqual([1, 2]);
  });

  test('carry the payment as it is after the change, and were written with it', async () => {
    const payment = await on.captured();
    const rows = await on.rows.all<{ type: string; status: string; together: boolean }>(
      `select o.type, o.object #>> '{payment,status}' as status,
         o.transaction_id = (select e.transaction_id from journal_entries e where e.payment_id = o.payment_id) as together
       from outbox o where o.payment_id = $1 order by o.sequence`,
      [payment.id],
    );
    expect(rows).toEqual([
      { type: 'payment.created', status: 'processing', together: false },
      { type: 'payment.authorized', status: 'captured', together: true },
      { type: 'payment.captured', status: 'captured', together: true },
    ]);
  });
});

describe('wake_at', () => {
  /** Seconds from now, or null: never. */
  const wakesIn = async ({ id }: PaymentState): Promise<number | null> => {
    const { seconds } = await on.rows.one<{ seconds: number | null }>(
      `select round(extract(epoch from wake_at - tender_now()))::int as seconds from payments where id = $1`,
      [id],
    );
    return seconds;
  };
  const day = 86_400;

  test.each<[string, () => Promise<PaymentState>, number | null]>([
    ['accepted: when direct delivery has had its time', () => on.accept(), 2],
    [
      'submitted: when the answer is overdue',
      async () => {
        const fresh = await on.accept();
        return on.commit(fresh, anAttemptOf(fresh));
      },
      6,
    ],
    [
      'unknown: at the next lookup, but not before direct delivery',
      () => on.tried({}, unknown()),
      2,
    ],
    ['pending: the same', () => on.tried({}, pending()), 2],
    ['authorized: when the authorization runs out', () => on.tried(), 7 * day],
    ['declined: when the time for another attempt is over', () => on.tried({}, declined()), day],
    ['captured: never', () => on.captured(), null],
    [
      'a refund requested: when direct delivery has had its time',
      async () => {
        const payment = await on.captured();
        const refund = aNewOperation({ kind: 'refund', amount: 1n, dueAt: payment.now });
        return on.commit(payment, { operations: { insert: [refund] }, timeline: [] });
      },
      2,
    ],
    [
      'refunded: never',
      async () => {
        const payment = await on.captured();
        return on.operate(payment, { kind: 'refund', amount: 1n }, approved({ amountMinor: 1n }));
      },
      null,
    ],
    [
      'a refund in doubt: at its next lookup',
      async () => {
        return on.operate(await on.captured(), { kind: 'refund', amount: 1n }, unknown());
      },
      2,
    ],
    [
      'voided: never',
      async () => {
        const values = { kind: 'void' as const, cause: 'cancel' as const };
        return on.operate(await on.tried(), values, approved());
      },
      null,
    ],
    [
      'a cancel that waits for the truth: at the next lookup',
      async () => {
        const payment = await on.tried({}, unknown());
        const later = await on.commit(payment, {
          attempts: {
            update: [
              {
                id: liveAttempt(payment)?.id ?? '',
                fromStatus: 'unknown',
                dueAt: payment.now + 3_600_000,
              },
            ],
          },
          timeline: [],
        });
        const cancel = aNewOperation({ kind: 'void', cause: 'cancel', dueAt: later.now });
        return on.commit(later, { operations: { insert: [cancel] }, timeline: [] });
      },
      3_600,
    ],
    [
      'never sent, ready for the next provider: at once',
      async () => {
        const payment = await on.tried({}, unknown());
        const id = liveAttempt(payment)?.id ?? '';
        return on.commit(payment, {
          attempts: { update: [{ id, fromStatus: 'unknown', status: 'not_sent', dueAt: null }] },
          timeline: [],
        });
      },
      2,
    ],
  ])('%s', async (_, arrange, expected) => {
    expect(await wakesIn(await arrange())).toBe(expected);
  });
});

test('the clock moves forward only, and with it everything that is due', async () => {
  const payment = await on.accept();
  await setClockOffset(on.api, 1_000);
  await setClockOffset(on.api, 400);
  const { now } = await on.state(payment.id);
  expect(Math.round((now - payment.now) / 1_000)).toBe(1_000);
  await expect(setClockOffset(on.worker, 2_000)).rejects.toMatchObject({ code: '42501' });
  await expect(on.rows.all('update clock set offset_seconds = -1')).rejects.toMatchObject({
    constraint: 'clock_forward',
  });
});
