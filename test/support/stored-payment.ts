/** What is stored of one payment, how to race for it, and parts of a change that may be refused. */
import type { Db } from '../../db/client.ts';
import type { NewAttempt } from '../../domain/change.ts';
import { liveAttempt, type PaymentState } from '../../domain/payment-state.ts';
import type { JournalEntry, Posting } from '../../domain/journal-entry.ts';
import type { Rows } from './rows.ts';

/** Each on a connection of its own; none starts before all are connected. */
export async function together<T>(
  db: Db,
  count: number,
  run: (connection: Db, i: number) => Promise<T>,
): Promise<T[]> {
  const all = Promise.withResolvers<undefined>();
  let connected = 0;
  const one = (i: number): Promise<T> =>
    db.connection().execute(async (connection) => {
      connected += 1;
      if (connected === count) all.resolve(undefined);
      await all.promise;
      return run(connection, i);
    });
  return Promise.all(Array.from({ length: count }, (_, i) => one(i)));
}

/** All that is stored of a payment. */
export async function stored(rows: Rows, id: string): Promise<unknown> {
  const { all } = await rows.one<{ all: unknown }>(
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

export async function sequences(
  rows: Rows,
  table: 'outbox' | 'timeline',
  id: string,
): Promise<number[]> {
  const found = await rows.all<{ sequence: number }>(
    `select sequence from ${table} where payment_id = $1 order by sequence`,
    [id],
  );
  return found.map(({ sequence }) => sequence);
}

/** Ms from the last commit to the wake-up; null: at rest. */
export async function wakesIn(rows: Rows, id: string): Promise<number | null> {
  const { ms } = await rows.one<{ ms: number | null }>(
    `select floor(extract(epoch from wake_at - updated_at) * 1000)::int as ms from payments where id = $1`,
    [id],
  );
  return ms;
}

/** Sound, unless another `debit` than 100 is given. */
export function anEntry(
  key: string,
  debit = 100n,
  values: Partial<JournalEntry> = {},
): JournalEntry {
  const line = { provider: '', currency: 'USD' };
  const postings: Posting[] = [
    { ...line, account: '1100', side: 'debit', amount: debit },
    { ...line, account: '4000', side: 'credit', amount: 100n },
  ];
  return { key, event: 'test', state: 'posted', postings, ...values };
}

/** A second try, at birch. */
export function aNewAttempt(payment: PaymentState): NewAttempt {
  const key = `${payment.id}/second`;
  const at = { sendBy: payment.now, keyHorizon: payment.now, dueAt: payment.now };
  return {
    id: key,
    provider: 'birch',
    kind: 'sale',
    status: 'submitting',
    paymentMethod: { type: 'card' },
    route: {
      ...{ rulesVersion: 1, rule: null, order: ['alder'], excluded: [] },
      ...{ propensity: 1, explored: false },
    },
    providerKey: key,
    returnToken: key,
    basis: { kind: 'rule', detail: 'test' },
    ...at,
  };
}

/** The id of its live attempt. */
export function attemptOf(payment: PaymentState): string {
  const attempt = liveAttempt(payment);
  if (attempt === undefined) throw new Error(`payment ${payment.id} has no live attempt`);
  return attempt.id;
}
