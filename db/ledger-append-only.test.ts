/** P3: nothing in the books is ever updated or deleted, by whomever; no entry grows after its commit. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { PaymentState } from '../domain/payment-state.ts';
import {
  openPaymentDatabase,
  verdictOf,
  type PaymentDatabase,
} from '../test/support/payment-database.ts';

let on: PaymentDatabase;
let payment: PaymentState;
beforeAll(async () => {
  on = await openPaymentDatabase();
  payment = await on.captured();
});
afterAll(() => on.close());

const rewrites = ['journal_entries', 'postings'].flatMap((table) => [
  `update ${table} set merchant_id = merchant_id`,
  `delete from ${table}`,
  `truncate ${table} cascade`,
]);

describe.each(rewrites)('%s', (statement) => {
  test('is refused to the API and to workers by their rights', async () => {
    expect(await verdictOf(sql.raw(statement).execute(on.api))).toBe('42501');
    expect(await verdictOf(sql.raw(statement).execute(on.worker))).toBe('42501');
  });

  test('is refused to the owner and to the superuser by trigger', async () => {
    const asOwner = `set local role tender_owner; ${statement}`;
    expect(await verdictOf(on.rows.all(asOwner))).toBe('append_only');
    expect(await verdictOf(on.rows.all(statement))).toBe('append_only');
  });
});

describe.each(['tender_api', 'tender_worker'] as const)('%s', (role) => {
  const as = (statement: string): Promise<string> =>
    verdictOf(sql.raw(statement).execute(role === 'tender_api' ? on.api : on.worker));

  test('writes no balance', async () => {
    expect(await as('update account_balances set posted_debits = 0')).toBe('42501');
    expect(await as('delete from account_balances')).toBe('42501');
    expect(
      await as(`insert into account_balances (merchant_id, account, provider, currency)
        values ('${payment.merchantId}', '1100', 'x', 'USD')`),
    ).toBe('42501');
  });

  test('changes no chart and no transition table', async () => {
    expect(await as(`update accounts set normal_side = 'debit'`)).toBe('42501');
    expect(await as('delete from status_transitions')).toBe('42501');
    expect(
      await as(`insert into status_transitions values ('payment', 'failed', 'captured')`),
    ).toBe('42501');
  });

  test('disables no trigger and becomes nobody else', async () => {
    expect(await as('alter table postings disable trigger all')).toBe('42501');
    expect(await as('set session_replication_role = replica')).toBe('42501');
    expect(await as('set role tender_owner')).toBe('42501');
  });
});

test('the API posts nothing', async () => {
  const posted = sql`select post_entries('[{"merchant_id":"x","key":"k","event":"e","state":"posted","postings":[]}]')`;
  expect(await verdictOf(posted.execute(on.api))).toBe('42501');
});

describe('a closed entry', () => {
  const anotherLine = (entry: string, merchant: string): Promise<string> =>
    verdictOf(
      on.rows
        .all(`insert into postings (entry_id, line, merchant_id, account, side, amount, currency)
        values ('${entry}', 8, '${merchant}', '1100', 'debit', 1, 'USD'),
          ('${entry}', 9, '${merchant}', '4000', 'credit', 1, 'USD')`),
    );
  const entryOf = async (p: PaymentState): Promise<string> =>
    (
      await on.rows.one<{ id: string }>('select id from journal_entries where payment_id = $1', [
        p.id,
      ])
    ).id;

  test('takes no further line, balanced or not', async () => {
    expect(await anotherLine(await entryOf(payment), payment.merchantId)).toBe(
      'journal_entry_closed',
    );
  });

  test('takes no line of another merchant', async () => {
    const other = await on.newMerchant();
    expect(await anotherLine(await entryOf(payment), other)).not.toBe('accepted');
  });

  test('is reversed at most once', async () => {
    const reversed = await entryOf(payment);
    const reversal = (key: string): Promise<string> =>
      verdictOf(
        sql`select post_facts(${JSON.stringify([
          {
            merchant_id: payment.merchantId,
            key,
            event: 'reversal',
            state: 'posted',
            reverses_id: reversed,
            postings: [
              { account: '4000', side: 'debit', amount: 10_000, currency: 'USD' },
              {
                account: '1100',
                side: 'credit',
                amount: 10_000,
                currency: 'USD',
                provider: 'alder',
              },
            ],
          },
        ])}::jsonb)`.execute(on.worker),
      );
    expect(await reversal('first')).toBe('accepted');
    expect(await reversal('second')).toBe('journal_entries_reversed_once');
  });
});
