/** Who sees and writes what: the API one merchant at a time, workers all, nobody the past. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { PaymentState } from '../domain/payment-state.ts';
import {
  openPaymentDatabase,
  sqlAs,
  verdictOf,
  type PaymentDatabase,
} from '../test/support/payment-database.ts';
import { readPayment } from './payments.ts';

let on: PaymentDatabase;
let mine: PaymentState;
let theirs: PaymentState;
beforeAll(async () => {
  on = await openPaymentDatabase();
  [mine, theirs] = [await on.captured(), await on.captured()];
  for (const payment of [mine, theirs]) {
    await on.rows.all(
      `insert into api_keys (merchant_id, name, mode, secret_hash, last4, scopes) values ($1, 'k', 'test', sha256(convert_to($1, 'UTF8')), '0000', '{}')`,
      [payment.merchantId],
    );
    await on.rows.all('insert into customers (merchant_id) values ($1)', [payment.merchantId]);
  }
});
afterAll(() => on.close());

const owned = `
  select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'public' and c.relkind = 'r' and exists (
    select from pg_attribute a where a.attrelid = c.oid and not a.attisdropped
      and (a.attname = 'merchant_id' or (c.relname = 'merchants' and a.attname = 'id')))
  order by 1`;
const ownedTables = async (): Promise<{ name: string; forced: boolean }[]> => [
  ...(await on.rows.all<{ name: string; forced: boolean }>(owned)),
];

/** How many rows a role sees; or that it may not even look. */
async function seen(
  role: 'tender_api' | 'tender_worker',
  merchant: string,
  table: string,
): Promise<string> {
  try {
    const rows = await sqlAs(
      on,
      role,
      merchant,
      sql.raw(`select count(*)::int as n from ${table}`),
    );
    return String((rows[0] as { n: number }).n);
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('row-level security', () => {
  test('is forced on every table that has an owner', async () => {
    const tables = await ownedTables();
    expect(tables.length).toBeGreaterThanOrEqual(12);
    expect(tables.filter(({ forced }) => !forced)).toEqual([]);
  });

  test('shows the API no row of any table while no merchant is set', async () => {
    for (const { name } of await ownedTables()) {
      expect([name, await seen('tender_api', '', name)]).toEqual([
        name,
        expect.stringMatching(/^(0|42501)$/),
      ]);
    }
  });

  test('shows the API the rows of its merchant and of nobody else, in every table', async () => {
    for (const { name } of await ownedTables()) {
      const own = name === 'merchants' ? 'id' : 'merchant_id';
      const strange = `(select * from ${name} where ${own} <> '${mine.merchantId}') strange`;
      expect([name, await seen('tender_api', mine.merchantId, strange)]).toEqual([
        name,
        expect.stringMatching(/^(0|42501)$/),
      ]);
    }
    for (const table of [
      'payments',
      'attempts',
      'operations',
      'timeline',
      'outbox',
      'journal_entries',
      'postings',
      'account_balances',
      'customers',
    ]) {
      expect([table, await seen('tender_api', mine.merchantId, table)]).not.toEqual([table, '0']);
    }
  });

  test('shows workers everybody’s', async () => {
    for (const table of ['payments', 'attempts', 'operations', 'merchants']) {
      expect(Number(await seen('tender_worker', '', table))).toBeGreaterThanOrEqual(2);
    }
  });

  test('does not last longer than the transaction that set the merchant', async () => {
    expect(await seen('tender_api', mine.merchantId, 'payments')).toBe('1');
    const rows = await sql<{ n: number }>`select count(*)::int as n from payments`.execute(on.api);
    expect(rows.rows[0]?.n).toBe(0);
  });

  test('makes another merchant’s payment one that is not there', async () => {
    expect(await readPayment(on.api, mine.merchantId, theirs.id)).toBeNull();
    expect((await readPayment(on.api, theirs.merchantId, theirs.id))?.payment.id).toBe(theirs.id);
  });
});

describe('the API of one merchant', () => {
  const as = (statement: string): Promise<string> =>
    verdictOf(sqlAs(on, 'tender_api', mine.merchantId, sql.raw(statement)));
  const values = (payment: PaymentState, merchant: string): Record<string, string> => ({
    payments: `insert into payments (id, merchant_id, status, amount, currency, capture_method, payment_method, submit_within_ms, status_basis)
      values ('pay_x', '${merchant}', 'processing', 1, 'USD', 'manual', '{}', 1, '{}')`,
    operations: `insert into operations (id, payment_id, merchant_id, number, kind, cause, status, amount, currency, basis, requested_by)
      values ('op_x', '${payment.id}', '${merchant}', 99, 'refund', 'request', 'requested', 1, 'USD', '{}', 'x')`,
    customers: `insert into customers (merchant_id) values ('${merchant}')`,
    idempotency_keys: `insert into idempotency_keys (merchant_id, key, fingerprint, method, path, resource_kind, payment_id, awaits_id)
      values ('${merchant}', 'x', 'x', 'POST', '/', 'payment', '${payment.id}', 'x')`,
    timeline: `insert into timeline (payment_id, merchant_id, actor, kind, evidence) values ('${payment.id}', '${merchant}', 'x', 'x', '{}')`,
    outbox: `insert into outbox (merchant_id, payment_id, sequence, type, object) values ('${merchant}', '${payment.id}', 99, 'x', '{}')`,
  });
  const tables = ['payments', 'operations', 'customers', 'idempotency_keys', 'timeline', 'outbox'];

  // Those need no second person, because they are not asked for: only a worker may make them.
  test.each(['cancel', 'automatic'])('asks for no refund as if it were ours: %s', async (cause) => {
    const statement = values(mine, mine.merchantId)['operations'] ?? '';
    expect(await as(statement.replace("'request',", `'${cause}',`))).not.toBe('accepted');
  });

  test.each(tables)('writes nothing of another’s into %s', async (table) => {
    expect(await as(values(theirs, theirs.merchantId)[table] ?? '')).not.toBe('accepted');
  });

  test.each(['operations', 'timeline'])(
    'hangs nothing of its own on another’s payment: %s',
    async (table) => {
      expect(await as(values(theirs, mine.merchantId)[table] ?? '')).not.toBe('accepted');
    },
  );

  // With the highest number there is, the other merchant's next commit fails, and every one after it.
  test('hangs no event on another’s payment', async () => {
    expect(await as(values(theirs, mine.merchantId)['outbox'] ?? '')).not.toBe('accepted');
  });

  test('changes nothing of another’s', async () => {
    for (const table of ['payments', 'idempotency_keys']) {
      const column = table === 'payments' ? 'metadata' : 'created_at';
      const statement = `with changed as (update ${table} set ${column} = ${column} where merchant_id = '${theirs.merchantId}' returning 1)
        select count(*)::int as n from changed`;
      const rows = await sqlAs(on, 'tender_api', mine.merchantId, sql.raw(statement));
      expect([table, rows]).toEqual([table, [{ n: 0 }]]);
    }
  });

  test.each([
    `insert into attempts select * from attempts`,
    `update attempts set status = status`,
    `update operations set status = status`,
    `insert into journal_entries select * from journal_entries`,
    `insert into postings select * from postings`,
    `select * from api_keys`,
    `select * from inbox`,
    `insert into merchants (id, name) values ('x', 'x')`,
    `update merchants set fund_model = 'own'`,
    `delete from payments`,
    `delete from operations`,
    `delete from idempotency_keys`,
    `update timeline set kind = kind`,
    `update outbox set type = type`,
    `delete from outbox`,
    `update clock set offset_seconds = 1`,
  ])('may not: %s', async (statement) => {
    expect(await as(statement)).toBe('42501');
  });
});

describe('a worker', () => {
  test.each([
    ...[
      'timeline',
      'outbox',
      'journal_entries',
      'postings',
      'account_balances',
      'merchants',
      'clock',
    ].flatMap((table) => [`delete from ${table}`, `truncate ${table} cascade`]),
    `delete from payments`,
    `delete from attempts`,
    `delete from operations`,
    `delete from idempotency_keys`,
    `delete from inbox`,
    `update timeline set kind = kind`,
    `update outbox set type = type`,
    `update journal_entries set event = event`,
    `update postings set amount = amount`,
    `update inbox set raw = raw`,
    `update account_balances set posted_debits = 0`,
    `update clock set offset_seconds = 1`,
    `update merchants set fund_model = 'own'`,
    `select set_clock_offset(1)`,
    `select receive_webhook('alder', 'e', 't', 'r', ''::bytea, 0)`,
  ])('may not: %s', async (statement) => {
    expect(await verdictOf(sql.raw(statement).execute(on.worker))).toBe('42501');
  });
});

test('neither role may create anything, or is a superuser, or passes row-level security', async () => {
  for (const db of [on.api, on.worker]) {
    expect(await verdictOf(sql`create table public.x (a int)`.execute(db))).toBe('42501');
  }
  const roles = await on.rows.all(
    `select rolname from pg_roles where rolname like 'tender_%' and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb)`,
  );
  expect(roles).toEqual([]);
});
