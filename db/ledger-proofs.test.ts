/** Each proof holds over honest books, and names the first row of books that are not. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { PaymentState } from '../domain/payment-state.ts';
import { approved } from '../test/support/payments.ts';
import { anEntry, postEntries, transfer } from '../test/support/ledger-entries.ts';
import { openPaymentDatabase } from '../test/support/payment-database.ts';
import type { PaymentDatabase } from '../test/support/payment-database.ts';
import { listOpenLines } from './ledger-proofs.ts';
import { verifyLedger } from './ledger-verify.ts';

let on: PaymentDatabase;
let payment: PaymentState;
let suspended: string;
beforeAll(async () => {
  on = await openPaymentDatabase();
  await on.captured();
  await on.tried({ captureMethod: 'manual' });
  payment = await on.captured({ currency: 'EUR' });
  const refund = { kind: 'refund' as const, amount: 300n };
  payment = await on.operate(payment, refund, approved({ amountMinor: 300n, currency: 'EUR' }));
  suspended = await on.newMerchant();
  await postEntries(on.worker, anEntry(suspended, { postings: transfer(70n, { credit: '2900' }) }));
});
afterAll(() => on.close());

/** Every check that does not hold, as `name: what`. */
async function broken(): Promise<readonly string[]> {
  const { checks } = await verifyLedger(on.worker);
  return checks.filter((c) => c.state === 'broken').map((c) => `${c.name}: ${String(c.what)}`);
}

/** Past triggers and keys, and undone by the statement that follows. */
async function tamper(statement: string, undo: string): Promise<readonly string[]> {
  const past = (one: string): Promise<unknown> =>
    on.rows.all(`begin; set local session_replication_role = replica; ${one}; commit`);
  await past(statement);
  try {
    return await broken();
  } finally {
    await past(undo);
  }
}

test('all hold, and what there is nothing to compare with is not said to hold', async () => {
  expect(payment.amountRefunded).toBe(300n);
  const { checks } = await verifyLedger(on.worker);
  expect(Object.fromEntries(checks.map(({ name, state }) => [name, state]))).toEqual({
    hash_chain: 'holds',
    guards: 'holds',
    entries_balance: 'holds',
    accounting_equation: 'holds',
    stored_balances: 'holds',
    sub_ledgers: 'holds',
    must_drain: 'holds',
    closed_periods: 'holds',
    bank_statement: 'not_checked',
    provider_report: 'not_checked',
    stored_closes: 'not_checked',
  });
});

describe('is found', () => {
  const posting = `entry_id = (select id from journal_entries where payment_id = (select id from payments where currency = 'EUR') and event = 'refund') and line = 1`;
  test('a posting of another amount, by every proof that adds it up', async () => {
    const found = await tamper(
      `update postings set amount = amount + 5 where ${posting}`,
      `update postings set amount = amount - 5 where ${posting}`,
    );
    expect(found.map((one) => one.split(':')[0])).toEqual([
      'hash_chain',
      'entries_balance',
      'stored_balances',
    ]);
  });

  test.each(['posted_debits', 'posted_credits', 'pending_debits', 'pending_credits'])(
    'a stored balance with other %s',
    async (column) => {
      const row = `merchant_id = '${payment.merchantId}' and account = '1100'`;
      const found = await tamper(
        `update account_balances set ${column} = ${column} + 1 where ${row}`,
        `update account_balances set ${column} = ${column} - 1 where ${row}`,
      );
      expect(found.at(-1)).toBe(
        `stored_balances: stored balance of ${payment.merchantId}/1100/alder/EUR is not the sum of its postings`,
      );
      expect(found.some((one) => one.startsWith('accounting_equation'))).toBe(
        column.startsWith('posted'),
      );
    },
  );

  test('a stored balance without postings, and one that is gone', async () => {
    const added = `insert into account_balances (merchant_id, account, provider, currency, posted_debits)
      values ('${suspended}', '1100', 'cedar', 'JPY', 1), ('${suspended}', '4000', '', 'JPY', 1)`;
    expect(
      await tamper(added, `delete from account_balances where currency = 'JPY'`),
    ).toContainEqual(expect.stringContaining(`stored balance of ${suspended}/1100/cedar/JPY`));
    const saved = `create table saved as select * from account_balances where currency = 'EUR'`;
    expect(
      await tamper(
        `${saved}; delete from account_balances where currency = 'EUR'`,
        'insert into account_balances select * from saved; drop table saved',
      ),
    ).toContainEqual(expect.stringMatching(/^stored_balances: /));
  });

  test('a payment whose amounts are not what its entries moved', async () => {
    const found = await tamper(
      `update payments set amount_refunded = 200 where id = '${payment.id}'`,
      `update payments set amount_refunded = 300 where id = '${payment.id}'`,
    );
    expect(found).toEqual([
      `sub_ledgers: payment ${payment.id} says 9800 EUR, its entries say 9700`,
    ]);
  });

  test.each([
    ['an authorization', 'amount_authorized = amount_authorized - 1', '9999', '10000'],
    ['a final capture', 'capture_closed = true', '0', '10000'],
  ])(
    'a payment that holds something else than its entries: %s',
    async (_, change, says, booked) => {
      const held = `status = 'requires_capture'`;
      const { id } = await on.rows.one<{ id: string }>(`select id from payments where ${held}`);
      const undo = `update payments set amount_authorized = 10000, capture_closed = false where ${held}`;
      expect(await tamper(`update payments set ${change} where ${held}`, undo)).toEqual([
        `sub_ledgers: payment ${id} says ${says} USD held, its entries say ${booked}`,
      ]);
    },
  );

  test.each(['postings_append_only', 'postings_no_truncate', 'postings_apply'])(
    'a guard that is off: %s',
    async (name) => {
      const off = `alter table postings disable trigger ${name}`;
      expect(await tamper(off, off.replace('disable', 'enable'))).toEqual([
        `guards: the guard ${name} of postings is off`,
      ]);
    },
  );

  test('an account that must drain whose lines do not explain its balance', async () => {
    const row = `merchant_id = '${suspended}' and account = '2900'`;
    const found = await tamper(
      `update account_balances set posted_credits = posted_credits + 30 where ${row}`,
      `update account_balances set posted_credits = posted_credits - 30 where ${row}`,
    );
    expect(found).toContainEqual(`must_drain: lines of ${suspended}/2900//USD explain -70 of -100`);
  });
});

test('what stands in an account that must drain is listed line by line, with its age', async () => {
  const lines = await listOpenLines(on.worker);
  expect(lines).toEqual([
    {
      ...{ merchant_id: suspended, account: '2900', provider: '', currency: 'USD' },
      ...{ waits_for: expect.stringMatching(/^je_/), amount: '-70', since: expect.any(Date) },
    },
  ]);
});

test.each([
  ['agrees', 9_700, 'holds', null],
  [
    'does not',
    9_701,
    'broken',
    expect.stringMatching(/^report 7 says 9701 EUR for 1100\/alder as of .+, we say 9700$/),
  ],
])('the newest report of a provider that %s with our books', async (_, amount, state, what) => {
  await sql`
    insert into external_balances (account, provider, currency, as_of, amount, source)
    values ('1100', 'alder', 'EUR', tender_now(), ${amount}, 'report 7')`.execute(on.worker);
  const { checks } = await verifyLedger(on.worker);
  expect(checks.find(({ name }) => name === 'provider_report')).toEqual({ name: 'provider_report', state, what }); // prettier-ignore
  expect(checks.find(({ name }) => name === 'bank_statement')?.state).toBe('not_checked');
});
