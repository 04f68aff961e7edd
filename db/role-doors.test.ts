/** What each role may see, write and call. */
import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { PaymentState } from '../domain/payment-state.ts';
import { newId } from '../runtime/ids.ts';
import { openPaymentDatabase, sqlAs, verdictOf, type PaymentDatabase } from '../test/support/payment-database.ts'; // prettier-ignore
import { requiresAction } from '../test/support/payments.ts';
import { insertCase, insertDispute } from '../test/support/disputes.ts';
import { insertPayout } from '../test/support/payouts.ts';
import { decide, park } from '../test/support/risk.ts';
import { arriveAtReturn, findApiKey, listReturned, receiveWebhook, setClockOffset } from './access.ts'; // prettier-ignore
import { connectDb, type Db } from './client.ts';
import { seedMerchants } from './seed.ts';

type Role = 'tender_api' | 'tender_worker';
const roles: readonly Role[] = ['tender_api', 'tender_worker'];

let on: PaymentDatabase;
let a: PaymentState;
let b: PaymentState;
beforeAll(async () => {
  on = await openPaymentDatabase();
  [a, b] = await Promise.all([
    on.captured({ customer: { name: 'Ada' }, options: { save: true } }),
    on.captured({ customer: { name: 'Bob' }, options: { save: true } }),
  ]);
  for (const payment of [a, b]) {
    await insertCase(on, payment);
    await insertDispute(on.rows, payment);
    await insertPayout(on.rows, payment.merchantId);
    await decide(on, payment);
    await park(on, payment);
  }
});
afterAll(() => on.close());

const as = (role: Role, merchantId: string, statement: string): Promise<readonly unknown[]> =>
  sqlAs(on, role, merchantId, sql.raw(statement));

function ownerDb(url: string): Db {
  const options = { applicationName: 'owner', poolSize: 2, onError: () => undefined };
  return connectDb({ ...options, url: `${url}?options=-c%20role%3Dtender_owner` });
}

/** Not of any merchant: the clock, the chart of accounts and the state machine. */
const shared = ['accounts', 'clock', 'status_transitions'];
const guarded = [
  ...['account_balances', 'attempts', 'cases', 'customers', 'dispute_answers', 'disputes'],
  'idempotency_keys',
  ...['journal_entries', 'merchants', 'operations', 'outbox', 'payment_methods', 'payments'],
  ...['payouts', 'postings', 'reviews', 'risk_decisions', 'timeline'],
].sort();

describe('row-level security', () => {
  test('tender_api may read these tables and no others', async () => {
    const rows = await on.rows.all<{ name: string }>(`
      select relname::text as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind = 'r' and has_any_column_privilege('tender_api', oid, 'select')`);
    expect(rows.map(({ name }) => name).sort()).toEqual([...guarded, ...shared].sort());
  });

  const owners = (table: string): string =>
    `select distinct ${table === 'merchants' ? 'id' : 'merchant_id'} as owner from ${table} order by 1`;

  test.each(guarded)(
    '%s: no merchant, no rows; one merchant, its rows; a worker, all',
    async (table) => {
      const of = (...ids: string[]): unknown => ids.sort().map((owner) => ({ owner }));
      expect((await sql.raw(owners(table)).execute(on.api)).rows).toEqual([]);
      expect(await as('tender_api', '', owners(table))).toEqual([]);
      expect(await as('tender_api', a.merchantId, owners(table))).toEqual(of(a.merchantId));
      const seen = await as('tender_worker', '', owners(table));
      expect(seen).toEqual(expect.arrayContaining(of(a.merchantId, b.merchantId) as unknown[]));
    },
  );

  test('as merchant A, no row of A hangs on a payment of B', async () => {
    const operation = `insert into operations (id, payment_id, merchant_id, number, kind, cause, status,
        amount, currency, late, basis, requested_by)
      values ('${newId('op')}', '${b.id}', '${a.merchantId}', 99, 'refund', 'request', 'requested', 1, 'USD', true, '{}', 'x')`;
    const event = `insert into outbox (merchant_id, payment_id, sequence, type, object)
      values ('${a.merchantId}', '${b.id}', 99, 'x', '{}')`;
    const write = (statement: string): Promise<string> =>
      verdictOf(as('tender_api', a.merchantId, statement));
    expect([await write(operation), await write(event)]).not.toContain('accepted');
  });
});

describe.each(roles)('%s', (role) => {
  test.each([
    ['create a table', 'create table public.mine (id int)'],
    ['disable triggers', 'alter table postings disable trigger all'],
    ['switch triggers off for itself', 'set local session_replication_role = replica'],
    ['become the owner', 'set local role tender_owner'],
    ['drop a policy', 'drop policy one_merchant on payments'],
    ['move the clock by hand', 'update clock set offset_seconds = 1'],
    ['write merchants', `update merchants set name = 'mine'`],
    ['write API keys', 'delete from api_keys'],
    ['read the files of the server', `select pg_read_file('PG_VERSION')`],
  ])('cannot %s', async (_, statement) => {
    expect(await verdictOf(as(role, a.merchantId, statement))).toBe('42501');
  });
});

test('tender_api cannot read a hash of an API key, nor any other column', async () => {
  for (const column of ['secret_hash', 'id', 'count(*)']) {
    expect(await verdictOf(as('tender_api', a.merchantId, `select ${column} from api_keys`))).toBe(
      '42501',
    );
  }
});

test('a worker cannot make an unbalanced entry pass with a temporary table', async () => {
  const forged = on.worker.transaction().execute(async (trx) => {
    await sql`create temporary table postings on commit drop as select * from public.postings`.execute(
      trx,
    );
    await sql`grant select on pg_temp.postings to public`.execute(trx);
    await sql`
      insert into journal_entries (id, merchant_id, key, event, state, effective_at, body_hash)
      values ('je_forged', ${a.merchantId}, 'forged', 'test', 'posted', now(), '')`.execute(trx);
    await sql`
      insert into pg_temp.postings values ('je_forged', 1, '', '1100', '', 'debit', 1, 'USD'),
        ('je_forged', 2, '', '4000', '', 'credit', 1, 'USD')`.execute(trx);
    await sql`
      insert into public.postings (entry_id, line, merchant_id, account, side, amount, currency)
      values ('je_forged', 1, ${a.merchantId}, '1100', 'debit', 5, 'USD')`.execute(trx);
  });
  expect(await verdictOf(forged)).not.toBe('accepted');
});

describe('what is asked before a merchant is known', () => {
  test('the clock goes forward alone, and not for a worker', async () => {
    const offset = async (seconds: number): Promise<unknown> => {
      await setClockOffset(on.api, seconds);
      return on.rows.one('select offset_seconds::int as offset from clock');
    };
    expect(await offset(5)).toEqual({ offset: 5 });
    expect(await offset(3)).toEqual({ offset: 5 });
    expect(await offset(-9)).toEqual({ offset: 5 });
    expect(await offset(6)).toEqual({ offset: 6 });
    expect(await verdictOf(setClockOffset(on.worker, 7))).toBe('42501');
  });

  const event = (
    reference: string,
    eventId = newId('evt'),
  ): Parameters<typeof receiveWebhook>[1] => ({
    ...{ provider: 'alder', eventId, type: 'test', reference, raw: Buffer.from('{}') },
  });
  const at = (payment: PaymentState): Promise<unknown> =>
    on.rows.one(
      `select p.version::int, a.due_at <= tender_now() as due,
        p.wake_at > tender_now() and p.wake_at <= tender_now() + interval '60 s' as wakes
      from payments p join attempts a on a.payment_id = p.id where p.id = $1`,
      [payment.id],
    );

  test('a webhook sets its attempt due and its payment awake, once per provider and event', async () => {
    const payment = await on.captured();
    const version = Number(payment.version);
    expect(await at(payment)).toEqual({ version, due: null, wakes: null });
    const told = event(payment.attempts[0]?.id ?? '');
    const both = await Promise.all([1, 2].map(() => receiveWebhook(on.api, told, 60_000)));
    expect(both.map(({ fresh }) => fresh).sort()).toEqual([false, true]);
    expect(both.map((one) => one.payment_id)).toEqual([payment.id, payment.id]);
    expect(await at(payment)).toEqual({ version: version + 1, due: true, wakes: true });
    const sameId = { ...told, provider: 'birch' };
    expect(await receiveWebhook(on.api, sameId, 0)).toMatchObject({ fresh: true });
  });

  test('a webhook about a reference unknown to us is kept, without a payment', async () => {
    const told = event(newId('att'));
    expect(await receiveWebhook(on.api, told, 0)).toMatchObject({ payment_id: null, fresh: true });
    expect(await receiveWebhook(on.api, told, 0)).toMatchObject({ payment_id: null, fresh: false });
    expect(
      await on.rows.all('select raw, payment_id from inbox where event_id = $1', [told.eventId]),
    ).toEqual([{ raw: told.raw, payment_id: null }]);
    expect(await verdictOf(receiveWebhook(on.worker, told, 0))).toBe('42501');
  });

  test('a return with an unknown token is nothing, with a known one its payment', async () => {
    const { token } = await on.rows.one<{ token: string }>(
      'select return_token as token from attempts where payment_id = $1',
      [a.id],
    );
    for (const unknown of ['', 'x', `${token}x`])
      expect(await arriveAtReturn(on.api, unknown)).toBeNull();
    expect(await arriveAtReturn(on.api, token)).toMatchObject({ payment_id: a.id });
  });

  test('what a shopper brings back is kept while it is waited for: each thing once, and eight at most', async () => {
    const payment = await on.tried({}, requiresAction());
    const { id, returnToken } = payment.attempts[0] ?? { id: '', returnToken: '' };
    expect(await verdictOf(arriveAtReturn(on.api, returnToken, 'x'.repeat(8_193)))).toBe(
      'page_returns_returned_check',
    );
    const eight = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `x=${String(n)}`);
    for (const returned of ['x=1', null, 'x=1', ...eight, 'x=9', 'x=2'])
      await arriveAtReturn(on.api, returnToken, returned);
    expect(await listReturned(on.worker, id)).toEqual(eight);
    expect(await verdictOf(listReturned(on.api, id))).toBe('42501');
    const { token, attempt } = await on.rows.one<{ token: string; attempt: string }>(
      'select return_token as token, id as attempt from attempts where payment_id = $1',
      [a.id],
    );
    await arriveAtReturn(on.api, token, 'x=3');
    expect(await listReturned(on.worker, attempt)).toEqual([]);
  });

  test('a key is found by its hash until it is revoked', async () => {
    const apiKey = `tk_test_${randomUUID()}`;
    const hash = createHash('sha256').update(apiKey).digest();
    const owner = ownerDb(on.database.ownerUrl);
    const merchant = { id: newId('mer'), name: 'One', apiKey, fundModel: 'own' as const };
    const state = (): Promise<unknown> =>
      on.rows.all(
        `select to_jsonb(m) as m, to_jsonb(k) as k from merchants m join api_keys k on k.merchant_id = m.id`,
      );
    try {
      await seedMerchants(owner, [{ ...merchant, uniqueReference: false }]);
      const once = await state();
      await seedMerchants(owner, [{ ...merchant, uniqueReference: false }]);
      expect(await state()).toEqual(once); // Seeding twice changes nothing.
      expect(await findApiKey(on.api, hash)).toMatchObject({
        merchant_id: merchant.id,
        mode: 'test',
      });
      await sql`update api_keys set revoked_at = now() where secret_hash = ${hash}`.execute(owner);
    } finally {
      await owner.destroy();
    }
    expect(await findApiKey(on.api, hash)).toBeNull();
  });
});
