/** `commit_change`: one winner per version, all of a change or nothing, and when a payment wakes next. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Change } from '../domain/change.ts';
import { liveAttempt, type PaymentState } from '../domain/payment-state.ts';
import type { JournalEntry, Posting } from '../domain/posting-rules.ts';
import { declined, unknown } from '../test/support/payments.ts';
import {
  aNewOperation,
  openPaymentDatabase,
  verdictOf,
  type PaymentDatabase,
} from '../test/support/payment-database.ts';
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

function attemptOf(payment: PaymentState): string {
  const attempt = liveAttempt(payment);
  if (attempt === undefined) throw new Error(`payment ${payment.id} has no live attempt`);
  return attempt.id;
}

/** Each on a connection of its own; none starts before all are connected. */
async function together<T>(count: number, run: (db: Db, i: number) => Promise<T>): Promise<T[]> {
  const all = Promise.withResolvers<undefined>();
  let connected = 0;
  const one = (i: number): Promise<T> =>
    on.worker.connection().execute(async (db) => {
      connected += 1;
      if (connected === count) all.resolve(undefined);
      await all.promise;
      return run(db, i);
    });
  return Promise.all(Array.from({ length: count }, (_, i) => one(i)));
}

/** All that is stored of a payment. */
async function stored(id: string): Promise<unknown> {
  const { all } = await on.rows.one<{ all: unknown }>(
    `select jsonb_build_object(
       'payment', (select to_jsonb(p) from payments p where p.id = $1),
       'attempts', (select jsonb_agg(to_jsonb(a) order by a.number) from attempts a where a.payment_id = $1),
       'operations', (select jsonb_agg(to_jsonb(o) order by o.number) from operations o where o.payment_id = $1),
       'timeline', (select jsonb_agg(to_jsonb(t) order by t.sequence) from timeline t where t.payment_id = $1),
       'outbox', (select jsonb_agg(to_jsonb(e) order by e.sequence) from outbox e where e.payment_id = $1),
       'keys', (select jsonb_agg(to_jsonb(k)) from idempotency_keys k where k.payment_id = $1),
       'entries', (select jsonb_agg(to_jsonb(j) order by j.id) from journal_entries j where j.payment_id = $1),
       'postings', (select count(*) from postings l join journal_entries j on j.id = l.entry_id where j.payment_id = $1),
       'balances', (select jsonb_agg(to_jsonb(b) order by b.account) from account_balances b
         where b.merchant_id = (select p.merchant_id from payments p where p.id = $1))) as all`,
    [id],
  );
  return all;
}

async function sequences(table: 'outbox' | 'timeline', id: string): Promise<number[]> {
  const rows = await on.rows.all<{ sequence: number }>(
    `select sequence from ${table} where payment_id = $1 order by sequence`,
    [id],
  );
  return rows.map(({ sequence }) => sequence);
}

const oneTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe('one version, one commit', () => {
  test('of 20 changes at once on one version exactly one commits, and the others get the newer snapshot', async () => {
    const payment = await on.tried();
    const before = await sequences('outbox', payment.id);
    const answers = await together(20, (db, i) => commitChange(db, payment, noted(String(i))));
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
    entries: [entry(`${id}/yes`)],
    ...noted('yes'),
    answers: [{ awaitsId: payment.id, status: 201 }],
    ...extra,
  };
}

function entry(key: string, debit = 100n, values: Partial<JournalEntry> = {}): JournalEntry {
  const line = { provider: '', currency: 'USD' };
  const postings: Posting[] = [
    { ...line, account: '1100', side: 'debit', amount: debit },
    { ...line, account: '4000', side: 'credit', amount: 100n },
  ];
  return { key, event: 'test', state: 'posted', postings, ...values };
}

const failures: Record<string, [(payment: PaymentState) => Partial<Change>, string]> = {
  'an entry that does not balance': [
    () => ({ entries: [entry('unbalanced', 99n)] }),
    'journal_entry_balanced',
  ],
  'one unbalanced entry among balanced ones': [
    () => ({ entries: [entry('good'), entry('bad', 101n)] }),
    'journal_entry_balanced',
  ],
  'an entry key that was used for another body': [
    () => ({ entries: [entry('twice'), entry('twice', 100n, { event: 'other' })] }),
    'journal_entries_key',
  ],
  'a release of an entry that does not exist': [
    () => ({ entries: [entry('release', 100n, { state: 'pending', resolvesKey: 'none' })] }),
    'TD007',
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
    (p) => ({ attempts: { insert: [aTry(p)] } }),
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

function aTry(payment: PaymentState): NonNullable<NonNullable<Change['attempts']>['insert']>[0] {
  const key = `${payment.id}/second`;
  const at = { sendBy: payment.now, keyHorizon: payment.now, dueAt: payment.now };
  return {
    ...{ id: key, provider: 'birch', kind: 'sale', status: 'submitting' },
    ...{ paymentMethod: { type: 'card' }, route: [], providerKey: key, returnToken: key, basis },
    ...at,
  };
}

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
    const bad: Change = { ...noted('failed'), entries: [entry('unbalanced', 1n)] };
    await together(12, async (db, i) => {
      if (i % 3 !== 2) return insist(db, payment, i % 3 === 0 ? two : noted('one'));
      expect(await verdictOf(insist(db, payment, bad))).toBe('journal_entry_balanced');
    });
    expect(await sequences('outbox', payment.id)).toEqual(oneTo(before.length + 12));
    const absent = `select from outbox where payment_id = $1 and type = 'test.failed'`;
    expect(await on.rows.all(absent, [payment.id])).toEqual([]);
    expect(await sequences('timeline', payment.id)).toHaveLength(
      Number((await on.state(payment.id)).version - payment.version) +
        (await timelineOf(payment.version, payment.id)),
    );
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
