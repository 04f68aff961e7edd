/** The last line: what direct SQL cannot do to the books, as a worker and as the owner of the tables. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import pg from 'pg';
import { aPosting, wrongBalances } from '../test/support/posting.ts';
import {
  openPaymentDatabase,
  verdictOf,
  type PaymentDatabase,
} from '../test/support/payment-database.ts';
import { postEntries } from './ledger-posting.ts';

let on: PaymentDatabase;
let merchantId: string;
let heldId: string;
beforeAll(async () => {
  on = await openPaymentDatabase();
});
beforeEach(async () => {
  merchantId = await on.newMerchant();
  const [held] = await postEntries(on.worker, [aPosting(merchantId, 10n, { state: 'pending' })]);
  heldId = held?.entry_id ?? '';
});
afterEach(async () => {
  expect(await wrongBalances(on.rows)).toEqual([]);
});
afterAll(() => on.close());

const entry = (id: string, state = 'posted', resolves: string | null = null): string =>
  `insert into journal_entries (id, merchant_id, key, event, state, resolves_id, effective_at, body_hash)
   values ('${id}', '${merchantId}', '${id}', 'test', '${state}', ${resolves === null ? 'null' : `'${resolves}'`}, now(), '')`;
const line = (id: string, n: number, account: string, side: string, amount: number): string =>
  `('${id}', ${n}, '${merchantId}', '${account}', '${side}', ${amount}, 'USD')`;
const lines = (...values: readonly string[]): string =>
  `insert into postings (entry_id, line, merchant_id, account, side, amount, currency) values ${values.join()}`;
const even = (id: string, from = 1, amount = 5): string =>
  lines(line(id, from, '1100', 'debit', amount), line(id, from + 1, '2100', 'credit', amount));
const mirrored = (id: string, amount: number): string =>
  lines(line(id, 1, '1100', 'credit', amount), line(id, 2, '2100', 'debit', amount));

/** One transaction as the owner of the tables, statement by statement. */
async function asOwner(...statements: readonly string[]): Promise<string> {
  const client = new pg.Client({ connectionString: on.database.ownerUrl });
  await client.connect();
  const run = async (): Promise<void> => {
    for (const statement of ['begin', 'set local role tender_owner', ...statements, 'commit']) {
      await client.query(statement);
    }
  };
  try {
    return await verdictOf(run());
  } finally {
    await client.end();
  }
}

describe('the owner', () => {
  test('may write an entry that balances', async () => {
    expect(await asOwner(entry(`a${merchantId}`), even(`a${merchantId}`))).toBe('accepted');
  });

  const own = (): string => `b${merchantId}`;
  test.each<[string, string, () => readonly string[]]>([
    ['an entry of no line', 'journal_entry_balanced', () => [entry(own())]],
    [
      'an entry of one line',
      'journal_entry_balanced',
      () => [entry(own()), lines(line(own(), 1, '1100', 'debit', 5))],
    ],
    [
      'a line after the proof was made to run early',
      'journal_entry_balanced',
      () => [
        entry(own()),
        even(own()),
        'set constraints all immediate',
        lines(line(own(), 3, '1100', 'debit', 5)),
      ],
    ],
    ['lines of an entry that is not there', 'journal_entry_closed', () => [even('je_none')]],
    ['lines of an earlier entry', 'journal_entry_closed', () => [even(heldId, 8)]],
    [
      'lines on no account',
      'account_balances_account_fkey',
      () => [
        entry(own()),
        lines(line(own(), 1, '9999', 'debit', 5), line(own(), 2, '2100', 'credit', 5)),
      ],
    ],
    [
      'a release of more than is held',
      'journal_entry_released',
      () => [
        entry(`c${merchantId}`, 'pending'),
        even(`c${merchantId}`, 1, 90),
        entry(own(), 'pending', heldId),
        mirrored(own(), 11),
      ],
    ],
    [
      'a second resolution',
      'journal_entries_resolved_once',
      () => [
        entry(own(), 'pending', heldId),
        mirrored(own(), 4),
        `update journal_entries set resolution = 'void' where false`,
        entry(`d${merchantId}`, 'pending', heldId)
          .replace('(id,', '(resolution, id,')
          .replace('values (', "values ('void', "),
        mirrored(`d${merchantId}`, 3),
        entry(`e${merchantId}`, 'pending', heldId)
          .replace('(id,', '(resolution, id,')
          .replace('values (', "values ('post', "),
      ],
    ],
    [
      'a reversal that is no mirror',
      'journal_entry_mirrored',
      () => [
        entry(`f${merchantId}`),
        even(`f${merchantId}`),
        entry(own())
          .replace('(id,', '(reverses_id, id,')
          .replace('values (', `values ('f${merchantId}', `),
        mirrored(own(), 4),
      ],
    ],
  ])('may not write %s', async (_, expected, statements) => {
    expect(await asOwner(...statements())).toBe(expected);
  });

  test.each(['journal_entries', 'postings', 'refused_entries'])(
    'never rewrites %s',
    async (table) => {
      await postEntries(on.worker, [
        aPosting(merchantId, 1n, { state: 'pending', resolvesKey: 'none' }),
      ]);
      expect(await asOwner(`update ${table} set merchant_id = merchant_id`)).toBe('append_only');
      expect(await asOwner(`delete from ${table}`)).toBe('append_only');
      expect(await asOwner(`truncate ${table} cascade`)).toBe('append_only');
    },
  );
});

test.each([
  'insert into journal_entries select * from journal_entries',
  'insert into postings select * from postings',
  'insert into refused_entries select * from refused_entries',
  'update account_balances set posted_debits = 0',
  `update account_settings set bounded = false`,
  `delete from ledger_periods`,
  'truncate account_balances',
  'select from journal_entries for update',
  `select write_entries('{}', '{}')`,
])('a worker may not: %s', async (statement) => {
  expect(await verdictOf(sql.raw(statement).execute(on.worker))).toBe('42501');
});
