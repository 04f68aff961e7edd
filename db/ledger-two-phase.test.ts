/** What is pending: resolved once, expired finally, and counted against the limit of a bounded account. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { aResolution } from '../test/support/posting.ts';
import { testBooks } from '../test/support/test-books.ts';
import type { EntryToPost } from './ledger-posting.ts';

const books = testBooks();
const { give, take, hold, post, results } = books;

describe('a pending entry', () => {
  test('posted in part gives back the rest, in the same commit', async () => {
    const entry = hold(100n);
    expect(await results(entry)).toEqual(['posted']);
    expect(await books.payable()).toBe('0 held 100');
    expect(
      await results(aResolution(entry, 'post', { postings: take(101n).postings ?? [] })),
    ).toEqual(['exceeds_pending']);
    const part = aResolution(entry, 'post', { postings: take(60n).postings ?? [] });
    expect(await results(part)).toEqual(['posted']);
    expect(await books.payable()).toBe('-60 held 0');
    expect(await results(part)).toEqual(['exists']);
  });

  test.each([
    ['post', 'posted', '-100 held 0'],
    ['void', 'voided', '0 held 0'],
  ] as const)('is resolved once: %s', async (resolution, outcome, left) => {
    const entry = hold(100n);
    expect(await results(entry, aResolution(entry, resolution))).toEqual(['posted', 'posted']);
    expect(await results(aResolution(entry, 'post'), aResolution(entry, 'void'))).toEqual([
      `already_resolved ${outcome}`,
      `already_resolved ${outcome}`,
    ]);
    expect(await books.payable()).toBe(left);
  });

  test('released in parts leaves the rest to be resolved, and nothing after all of it', async () => {
    const entry = hold(100n);
    const part = (amount: bigint): EntryToPost =>
      give(amount, { state: 'pending', resolvesKey: entry.key });
    expect(await results(entry, part(40n), part(61n))).toEqual([
      'posted',
      'posted',
      'exceeds_pending',
    ]);
    expect(await results(aResolution(entry, 'void'), part(1n))).toEqual([
      'posted',
      'already_resolved voided',
    ]);
    const other = hold(5n);
    const rest = give(5n, { state: 'pending', resolvesKey: other.key });
    expect(await results(other, rest, aResolution(other, 'post'))).toEqual([
      'posted',
      'posted',
      'already_resolved released',
    ]);
  });

  test('expires by the clock of the database, and finally', async () => {
    const entry = hold(100n, { expiresInSeconds: 1 });
    expect(await results(entry, aResolution(entry, 'expire'))).toEqual([
      'posted',
      'not_yet_expired',
    ]);
    await sleep(1_050);
    expect(await results(aResolution(entry, 'post'), aResolution(entry, 'void'))).toEqual([
      'already_expired',
      'already_expired',
    ]);
    expect(await books.payable()).toBe('0 held 100');
    expect(await results(aResolution(entry, 'expire'), aResolution(entry, 'post'))).toEqual([
      'posted',
      'already_resolved expired',
    ]);
    expect(await books.payable()).toBe('0 held 0');
  });

  test('must be there, pending, and no release itself', async () => {
    const posted = give(1n);
    const entry = hold(1n);
    const voided = aResolution(entry, 'void');
    expect(
      await results(
        posted,
        aResolution(posted, 'void'),
        entry,
        voided,
        aResolution(voided, 'void'),
      ),
    ).toEqual(['posted', 'not_pending', 'posted', 'posted', 'not_pending']);
    expect(
      await results(aResolution({ merchantId: books.merchantId, key: 'none' }, 'void')),
    ).toEqual(['pending_not_found']);
  });
});

describe('a bounded account', () => {
  beforeEach(() => books.configure('bounded', true));

  test('counts what is pending, and refuses at the pending step', async () => {
    expect(await results(give(100n), hold(60n), take(41n), hold(41n), take(40n), take(1n))).toEqual(
      [
        'posted',
        'posted',
        'insufficient_funds',
        'insufficient_funds',
        'posted',
        'insufficient_funds',
      ],
    );
    expect(await books.payable()).toBe('60 held 60');
  });

  test('refuses no fact, and no request after it by mistake', async () => {
    expect(
      await results(give(10n), take(30n, { request: false }), take(1n), give(30n), take(5n)),
    ).toEqual(['posted', 'posted', 'insufficient_funds', 'posted', 'posted']);
    expect(await books.payable()).toBe('5 held 0');
  });

  test('goes as far below zero as it was told it may', async () => {
    await books
      .on()
      .rows.all('update account_settings set overdraft = 50 where merchant_id = $1', [
        books.merchantId,
      ]);
    expect(await results(take(50n), take(1n))).toEqual(['posted', 'insufficient_funds']);
  });
});

test('a striped account is the sum of its stripes', async () => {
  await books.configure('stripes', 8);
  const holds = Array.from({ length: 30 }, () => hold(3n));
  await Promise.all(holds.map((entry) => post(give(2n), entry)));
  await Promise.all(holds.map((entry) => post(aResolution(entry, 'void'))));
  expect(await books.payable()).toBe('60 held 0');
  const { n } = await books
    .on()
    .rows.one<{ n: number }>(
      `select count(*)::int as n from account_balances where merchant_id = $1 and account = '2100'`,
      [books.merchantId],
    );
  expect(n).toBeGreaterThan(1);
  await expect(
    books
      .on()
      .rows.all('update account_settings set stripes = 4 where merchant_id = $1', [
        books.merchantId,
      ]),
  ).rejects.toMatchObject({ constraint: 'account_settings_stripes_kept' });
});
