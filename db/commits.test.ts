/** `commit_change`: one winner per version, all of a change or nothing, and when a payment wakes next. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Change, NewOperation } from '../domain/change.ts';
import type { PaymentState } from '../domain/payment-state.ts';
import { declined, unknown } from '../test/support/payments.ts';
import {
  aNewOperation,
  openPaymentDatabase,
  verdictOf,
  type PaymentDatabase,
} from '../test/support/payment-database.ts';
import {
  aNewAttempt,
  anEntry,
  attemptOf,
  sequences as sequencesIn,
  stored as storedIn,
  together,
  wakesIn as wakesInRows,
} from '../test/support/stored-payment.ts';
import { commitChange, type Committed } from './changes.ts';
import type { Db } from './client.ts';
import { asMerchant } from './payments.ts';

let on: PaymentDatabase;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
afterAll(() => on.close());

const hour = 3_600_000;
const basis = { kind: 'rule', detail: 'test' } as const;

function noted(note: string): Change {
  return {
    timeline: [{ actor: 'tender', kind: 'test.noted', evidence: { note } }],
    events: [{ type: `test.${note}` }],
  };
}

const stored = (id: string): Promise<unknown> => storedIn(on.rows, id);
const sequences = (table: 'outbox' | 'timeline', id: string): Promise<number[]> =>
  sequencesIn(on.rows, table, id);
const wakesIn = (id: string): Promise<number | null> => wakesInRows(on.rows, id);
const oneTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe('one version, one commit', () => {
  test('of 20 changes at once on one version exactly one commits, and the others get the newer snapshot', async () => {
    const payment = await on.tried();
    const before = await sequences('outbox', payment.id);
    const answers = await together(on.worker, 20, (db, i) =>
      commitChange(db, payment, noted(String(i))),
    );
    expect(answers.filter(({ committed }) => committed)).toHaveLength(1);
    expect(new Set(answers.map(({ snapshot }) => BigInt(snapshot.payment.version)))).toEqual(
      new Set([payment.version + 1n]),
    );
    expect(await sequences('outbox', payment.id)).toEqual(oneTo(before.length + 1));
  });

  test('a change decided on an old version writes nothing', async () => {
    const payment = await on.tried();
    const after = await on.commit(payment, noted('first'));
    const before = await stored(payment.id);
    const late = await commitChange(on.worker, payment, noted('late'));
    expect(late.committed).toBe(false);
    expect(late.snapshot.payment.version).toBe(Number(after.version));
    expect(await stored(payment.id)).toEqual(before);
  });

  test('every commit is one version more, even one that changes nothing else', async () => {
    const payment = await on.tried();
    const noticed = await on.commit(payment, noted('a'));
    const empty = await on.commit(noticed, { timeline: [] });
    const asked = await on.commit(empty, {
      operations: { insert: [aNewOperation({ amount: 40n }), aNewOperation({ amount: 50n })] },
      timeline: [],
    });
    const versions = [noticed, empty, asked].map(({ version }) => version - payment.version);
    expect(versions).toEqual([1n, 2n, 3n]);
  });

  test('another merchant can neither commit nor see the payment', async () => {
    const payment = await on.tried();
    const other = await on.newMerchant();
    const before = await stored(payment.id);
    const answer = await asMerchant(on.api, other, (trx) =>
      commitChange(trx, payment, noted('stolen')),
    );
    expect(answer).toEqual({ committed: false, snapshot: null });
    expect(await stored(payment.id)).toEqual(before);
  });
});

/** A provider's yes, with every part that a change may have; `extra` is added to it. */
function yes(payment: PaymentState, extra: Partial<Change> = {}): Change {
  const id = attemptOf(payment);
  return {
    payment: { status: 'requires_capture', amountAuthorized: payment.amount, statusBasis: basis },
    attempts: { update: [{ id, fromStatus: 'unknown', status: 'authorized', basis }] },
    operations: { insert: [aNewOperation({ attemptId: id, amount: 40n })] },
    entries: [anEntry(`${id}/yes`)],
    ...noted('yes'),
    answers: [{ awaitsId: payment.id, status: 201 }],
    ...extra,
  };
}

const failures: Record<string, [(payment: PaymentState) => Partial<Change>, string]> = {
  'an entry that does not balance': [
    () => ({ entries: [anEntry('unbalanced', 99n)] }),
    'journal_entry_balanced',
  ],
  'an entry key that was used for another body': [
    () => ({ entries: [anEntry('twice'), anEntry('twice', 100n, { event: 'other' })] }),
    'journal_entries_key',
  ],
  'a release of an entry that does not exist': [
    () => ({ entries: [anEntry('release', 100n, { state: 'pending', resolvesKey: 'none' })] }),
    'journal_entry_pending_not_found',
  ],
  'an attempt patch with a wrong from_status': [
    (p) => ({
      attempts: { update: [{ id: attemptOf(p), fromStatus: 'pending', status: 'authorized' }] },
    }),
    'TD008',
  ],
  'an operation patch with a wrong from_status': [
    () => ({ operations: { update: [{ id: 'op_none', fromStatus: 'submitting' }] } }),
    'TD008',
  ],
  'a second live attempt': [
    (p) => ({ attempts: { insert: [aNewAttempt(p)] } }),
    'attempts_one_live',
  ],
  'a status move that is not in the table': [
    () => ({ payment: { status: 'settled' } }),
    'status_transitions',
  ],
  'a capture over the authorization': [
    (p) => ({ operations: { insert: [aNewOperation({ amount: p.amount + 1n })] } }),
    'payments_captured_within_authorized',
  ],
};

describe('all of a change or nothing', () => {
  test('a sound change writes every one of its parts', async () => {
    const payment = await on.tried({}, unknown());
    const before = await sequences('timeline', payment.id);
    const after = await on.commit(payment, yes(payment));
    expect(after).toMatchObject({ status: 'requires_capture', captureReserved: 40n });
    expect(after.attempts.map(({ status }) => status)).toEqual(['authorized']);
    expect(await sequences('timeline', payment.id)).toEqual(oneTo(before.length + 1));
    expect(await stored(payment.id)).toMatchObject({
      keys: [{ answer_status: 201 }],
      entries: [{ event: 'test' }],
      postings: 2,
    });
  });

  test.each(Object.entries(failures))('%s leaves nothing of the change', async (_, [part, by]) => {
    const payment = await on.tried({}, unknown());
    const before = await stored(payment.id);
    const change = yes(payment, part(payment));
    expect(await verdictOf(commitChange(on.worker, payment, change))).toBe(by);
    expect(await stored(payment.id)).toEqual(before);
    // The payment is still the version it was: the sound change goes through.
    expect((await on.commit(payment, yes(payment))).version).toBe(payment.version + 1n);
  });

  test('a commit inside a transaction that rolls back leaves nothing', async () => {
    const payment = await on.tried({}, unknown());
    const before = await stored(payment.id);
    const rolledBack = on.worker.transaction().execute(async (trx) => {
      expect((await commitChange(trx, payment, yes(payment))).committed).toBe(true);
      throw new Error('crash');
    });
    await expect(rolledBack).rejects.toThrow('crash');
    expect(await stored(payment.id)).toEqual(before);
  });
});

/** Reads and commits until it is the one that wins. */
async function insist(db: Db, first: PaymentState, change: Change): Promise<void> {
  let payment = first;
  for (;;) {
    const { committed }: Committed = await commitChange(db, payment, change);
    if (committed) return;
    payment = await on.state(first.id);
  }
}

describe('the outbox of a payment', () => {
  test('is numbered 1..n without gaps, whoever writes and whoever fails', async () => {
    const payment = await on.tried();
    const before = await sequences('outbox', payment.id);
    const two: Change = { ...noted('two'), events: [{ type: 'test.a' }, { type: 'test.b' }] };
    const bad: Change = { ...noted('failed'), entries: [anEntry('unbalanced', 1n)] };
    await together(on.worker, 12, async (db, i) => {
      if (i % 3 !== 2) return insist(db, payment, i % 3 === 0 ? two : noted('one'));
      expect(await verdictOf(insist(db, payment, bad))).toBe('journal_entry_balanced');
    });
    expect(await sequences('outbox', payment.id)).toEqual(oneTo(before.length + 12));
    const absent = `select from outbox where payment_id = $1 and type = 'test.failed'`;
    expect(await on.rows.all(absent, [payment.id])).toEqual([]);
    // As many commits as lines; the failed ones count for neither.
    expect((await on.state(payment.id)).version).toBe(payment.version + 8n);
  });

  test('tells the payment as of its own commit', async () => {
    const payment = await on.tried();
    const after = await on.commit(payment, noted('told'));
    const { version } = await on.rows.one<{ version: string }>(
      `select object #>> '{payment,version}' as version from outbox where payment_id = $1 and type = 'test.told'`,
      [payment.id],
    );
    expect(version).toBe(String(after.version));
  });
});

describe('wake_at', () => {
  /** In doubt, and to be looked up in an hour. */
  async function doubtful(): Promise<PaymentState> {
    const payment = await on.tried({}, unknown());
    const id = attemptOf(payment);
    const dueAt = payment.now + hour;
    return on.commit(payment, {
      attempts: { update: [{ id, fromStatus: 'unknown', dueAt }] },
      timeline: [],
    });
  }
  async function withOperation(
    payment: PaymentState,
    values: Partial<NewOperation>,
  ): Promise<PaymentState> {
    const operation = aNewOperation({ dueAt: payment.now, amount: 40n, ...values });
    return on.commit(payment, { operations: { insert: [operation] }, timeline: [] });
  }

  test('of a payment that needs nothing more is null', async () => {
    const captured = await on.captured();
    expect(await wakesIn(captured.id)).toBeNull();
    const fresh = await on.accept();
    await on.commit(fresh, { payment: { status: 'canceled' }, timeline: [] });
    expect(await wakesIn(fresh.id)).toBeNull();
  });

  test('leaves direct delivery its two seconds, however long ago the work was due', async () => {
    const fresh = await on.accept();
    expect(await wakesIn(fresh.id)).toBeGreaterThanOrEqual(1_990);
    const payment = await withOperation(await on.tried(), { dueAt: Date.UTC(2020, 0) });
    const ms = await wakesIn(payment.id);
    expect(ms).toBeGreaterThanOrEqual(2_000);
    expect(ms).toBeLessThan(hour / 2);
  });

  test('of a payment being processed without a live attempt is soon', async () => {
    const fresh = await on.commit(await on.accept(), noted('nothing'));
    expect(await wakesIn(fresh.id)).toBeGreaterThanOrEqual(2_000);
    expect(await wakesIn(fresh.id)).toBeLessThan(hour / 2);
  });

  test('is the earliest instant at which a row is due', async () => {
    const dueOf = `
      select wake_at = (select due_at from attempts where payment_id = p.id) as attempt,
        wake_at = p.expires_at as payment from payments p where id = $1`;
    const inDoubt = await doubtful();
    expect(await on.rows.one(dueOf, [inDoubt.id])).toMatchObject({ attempt: true });
    const authorized = await on.tried();
    expect(await on.rows.one(dueOf, [authorized.id])).toMatchObject({ attempt: true });
    const payment = await withOperation(authorized, { dueAt: authorized.now + hour });
    expect(await wakesIn(payment.id)).toBeLessThanOrEqual(hour);
    const refused = await on.tried({}, declined());
    expect(refused.status).toBe('requires_payment_method');
    expect(await on.rows.one(dueOf, [refused.id])).toMatchObject({ payment: true });
  });

  test('is not brought forward by a cancel that waits for an attempt in doubt', async () => {
    const payment = await withOperation(await doubtful(), { kind: 'void', cause: 'cancel' });
    expect(payment.voidOpen).toBe(true);
    expect(await wakesIn(payment.id)).toBeGreaterThan(hour / 2);
  });

  test.each([
    { kind: 'void', cause: 'cancel' },
    { kind: 'capture', final: true },
  ] as const)('is not brought forward by a $kind that waits for a capture', async (values) => {
    const authorized = await on.tried();
    const first = await withOperation(authorized, { dueAt: authorized.now + hour });
    const payment = await withOperation(first, values);
    expect(await wakesIn(payment.id)).toBeGreaterThan(hour / 2);
  });

  test('is brought forward by a cancel that waits for nothing', async () => {
    const payment = await withOperation(await on.tried(), { kind: 'void', cause: 'cancel' });
    expect(await wakesIn(payment.id)).toBeLessThan(hour / 2);
  });
});
