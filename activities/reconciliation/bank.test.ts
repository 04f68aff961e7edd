/** Bank statements in PostgreSQL: what came is in the books once, and nothing is plugged. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkExternalBalances } from '../../db/ledger-proofs.ts';
import { matchAnnounced } from './bank.ts';
import { openBankWorld, type BankWorld } from '../../test/support/bank-world.ts';

let on: BankWorld;
beforeAll(async () => {
  on = await openBankWorld();
});
afterAll(() => on.close());

const { signal } = new AbortController();
const books = (currency = 'EUR'): Promise<Record<string, number>> =>
  on.balances(currency, '1010', '1200', '1900', '2900');
const openBreaks = async (currency = 'EUR'): Promise<readonly string[]> =>
  (await on.bankBreaks())
    .filter((found) => found.status === 'open' && found.currency === currency)
    .map(({ kind, amount, step }) => `${kind} ${String(amount)} ${step}`)
    .sort();

test('what came of a payout leaves what is in transit', async () => {
  const { names } = await on.announce([700, -40]);
  const id = await on.statement([
    { gross: 700, reference: names[0] ?? '' },
    { gross: -40, reference: names[1] ?? '' },
  ]);
  expect(await on.take(id)).toEqual({ matched: 2, opened: 0 });
  expect(await books()).toEqual({ '1010': 660, '1200': 0 });
  expect(await on.take(id)).toEqual({ matched: 0, opened: 0 });
  expect(await books()).toEqual({ '1010': 660, '1200': 0 });
  expect((await on.reconciliation(id)).status).toBe('posted');
});

describe('what is not as announced', () => {
  test('less came, and the rest later: its difference leaves suspense again', async () => {
    const before = await books('JPY');
    const { names } = await on.announce([700], { currency: 'JPY' });
    const reference = names[0] ?? '';
    const first = await on.statement([{ gross: 660, reference }], { currency: 'JPY' });
    expect(await on.take(first)).toEqual({ matched: 1, opened: 1 });
    expect(await openBreaks('JPY')).toEqual(['bank -40 suspense']);
    expect(await books('JPY')).toEqual({ ...before, '1010': 660, '1200': 0, '1900': 40 });
    const second = await on.statement([{ gross: 25, reference }], { currency: 'JPY' });
    expect(await on.take(second)).toEqual({ matched: 1, opened: 1 });
    expect(await openBreaks('JPY')).toEqual(['bank -15 suspense']);
    expect(await books('JPY')).toEqual({ '1010': 685, '1200': 0, '1900': 15 });
    await on.take(await on.statement([{ gross: 15, reference }], { currency: 'JPY' }));
    expect(await openBreaks('JPY')).toEqual([]);
    expect(await books('JPY')).toEqual({ '1010': 700, '1200': 0, '1900': 0 });
  });

  test('it came twice, and one was sent back', async () => {
    const { names } = await on.announce([500], { currency: 'KWD' });
    const reference = names[0] ?? '';
    const line = { gross: 500, reference };
    await on.take(await on.statement([line, line], { currency: 'KWD' }));
    expect(await openBreaks('KWD')).toEqual(['bank 500 suspense']);
    expect(await books('KWD')).toEqual({ '1010': 1_000, '1200': 0, '2900': -500 });
    await on.take(await on.statement([{ gross: -500, reference }], { currency: 'KWD' }));
    expect(await openBreaks('KWD')).toEqual([]);
    expect(await books('KWD')).toEqual({ '1010': 500, '1200': 0, '2900': 0 });
  });

  test('nobody knows it, until its payout is in the books', async () => {
    const id = await on.statement([{ gross: 123, counterparty: 'Birch AG' }, { gross: -9 }], {
      currency: 'GBP',
    });
    expect(await on.take(id)).toEqual({ matched: 0, opened: 2 });
    expect(await openBreaks('GBP')).toEqual(['orphan -9 suspense', 'orphan 123 suspense']);
    expect(await books('GBP')).toEqual({ '1010': 114, '1900': 9, '2900': -123 });
    await on.announce([123], { currency: 'GBP', provider: 'birch', daysAgo: 20 });
    expect(await matchAnnounced({ db: on.worker, signal })).toEqual({ matched: 1, opened: 0 });
    expect(await openBreaks('GBP')).toEqual(['orphan -9 suspense']);
    expect(await books('GBP')).toEqual({ '1010': 114, '1200': 0, '1900': 9, '2900': 0 });
    expect(await matchAnnounced({ db: on.worker, signal })).toEqual({ matched: 0, opened: 0 });
    await on.rows.all(`update breaks set status = 'resolved', resolved_at = now(), resolution = '{"by": "tender"}' where detail ? 'bank' and amount = -9`); // prettier-ignore
    expect(await openBreaks('GBP')).toEqual(['orphan -9 suspense']);
  });

  test('two payouts of one name are neither, and a payout of ours that is not in the books is no orphan', async () => {
    const { id: first } = await on.announce([50], { currency: 'AUD' });
    const { id: second } = await on.announce([50], { currency: 'AUD', provider: 'birch' });
    await on.rows.all(
      `insert into payout_names (currency, name, payout_id) select currency, 'the-same', id from announced_payouts
       where reconciliation_id = any($1)`,
      [[first, second]],
    );
    const lines = [
      { gross: 50, reference: 'the-same' },
      { gross: -9, reference: 'po_17' },
    ];
    expect(await on.take(await on.statement(lines, { currency: 'AUD' }))).toEqual({
      matched: 0,
      opened: 2,
    });
    expect(await openBreaks('AUD')).toEqual(['bank -9 suspense', 'orphan 50 suspense']);
  });

  test('a payout named in another currency is parked, and not the payout', async () => {
    const { names } = await on.announce([80], { currency: 'CHF' });
    const id = await on.statement([{ gross: 80, reference: names[0] ?? '' }], { currency: 'SEK' });
    expect(await on.take(id)).toEqual({ matched: 0, opened: 1 });
    expect(await openBreaks('SEK')).toEqual(['currency 80 suspense']);
  });
});

describe('balances', () => {
  const proof = async (): Promise<string | null> =>
    (await checkExternalBalances(on.worker))[0]?.what ?? null;
  let booked = 0;
  const book = async (
    currency: string,
    event: string,
    debit: string,
    credit: string,
    amount: number,
  ): Promise<string> => {
    const key = `by_hand_${String((booked += 1))}`;
    const posting = { provider: '', amount: String(amount), currency };
    const postings = [
      { ...posting, account: debit, side: 'debit' },
      { ...posting, account: credit, side: 'credit' },
    ];
    const entry = { merchant_id: 'mer_operator', key, event, state: 'posted', postings };
    const effective_at = new Date().toISOString();
    await on.rows.all('select post_facts($1)', [JSON.stringify([{ ...entry, effective_at }])]);
    return key;
  };

  test('1010 is what the bank says, also with what nobody knows, and from a balance that was there', async () => {
    await on.take(await on.statement([{ gross: 5 }], { currency: 'PLN', opening: 100, day: 3 }));
    expect(await openBreaks('PLN')).toEqual(['bank 100 suspense', 'orphan 5 suspense']);
    expect([await books('PLN'), await proof()]).toEqual([{ '1010': 105, '2900': -105 }, null]);
    await on.take(await on.statement([{ gross: -6 }], { currency: 'PLN', opening: 103 }));
    expect(await openBreaks('PLN')).toContain('bank -2 suspense');
    expect([(await books('PLN'))['1010'], await proof()]).toEqual([97, null]);
    // What was before the first one explains what was there.
    await on.take(await on.statement([{ gross: 100 }], { currency: 'PLN', opening: 0, day: 2 }));
    expect(await openBreaks('PLN')).not.toContain('bank 100 suspense');
    expect([(await books('PLN'))['1010'], await proof()]).toEqual([97, null]);
    await book('PLN', 'bank_credit', '1010', '2900', 1);
    expect(await proof()).toMatch(/^the bank, until [-0-9: ]+, says 97 PLN for 1010, we say 98$/);
    await book('PLN', 'bank_credit', '2900', '1010', 1);
  });

  test('what was paid and is on no statement yet is waited for, and is no difference', async () => {
    await on.take(await on.statement([{ gross: 500 }], { currency: 'HUF' }));
    const key = await book('HUF', 'merchant_payout_confirmed', '2130', '1010', 200);
    expect([(await books('HUF'))['1010'], await proof()]).toEqual([300, null]);
    // On its statement, but not as what it is: it stands in suspense as well.
    const id = await on.statement([{ gross: -200 }], { currency: 'HUF' });
    expect(await on.take(id)).toEqual({ matched: 0, opened: 1 });
    expect([(await books('HUF'))['1010'], await proof()]).toEqual([100, null]);
    await on.rows.all(
      `insert into settlement_matches (reconciliation_id, line, subject_id, merchant_id, tier) values ($1, 1, $2, 'mer_operator', 2)`,
      [id, key],
    );
    // Half booked: nothing is compared until what stood in suspense for it is out.
    const compared = `select from bank_says() where currency = 'HUF'`;
    expect([await on.rows.all(compared), await proof()]).toEqual([[], null]);
    await on.take(await on.statement([], { currency: 'HUF' }));
    expect([(await books('HUF'))['1010'], await proof()]).toEqual([300, null]);
  });

  test('a day is missing until it comes, and nothing is proved over the hole', async () => {
    await on.take(await on.statement([{ gross: 5 }], { currency: 'DKK', day: 3 }));
    const compared = (): Promise<readonly { said: number }[]> =>
      on.rows.all(`select said::int from bank_says() where currency = 'DKK'`);
    expect(await compared()).toEqual([{ said: 5 }]);
    await on.take(await on.statement([{ gross: 7 }], { currency: 'DKK', opening: 11, day: 5 }));
    expect(await openBreaks('DKK')).toContain('file 6 wait');
    expect([await books('DKK'), await compared()]).toEqual([{ '1010': 12, '2900': -12 }, []]);
    await on.take(await on.statement([{ gross: 6 }], { currency: 'DKK', opening: 5, day: 4 }));
    expect(await openBreaks('DKK')).not.toContain('file 6 wait');
    expect(await compared()).toEqual([{ said: 18 }]);
    expect((await books('DKK'))['1010']).toBe(18);
  });

  test('a payout that did not come within its days is said, and stays in transit until it does', async () => {
    const { names } = await on.announce([90], { currency: 'NOK', daysAgo: 20 });
    await on.take(await on.statement([], { currency: 'NOK', day: 0 }));
    for (let day = 1; day < 6; day += 1) await on.take(await on.statement([], { currency: 'NOK' }));
    expect(await openBreaks('NOK')).toEqual([]);
    await on.take(await on.statement([], { currency: 'NOK' }));
    expect(await openBreaks('NOK')).toEqual(['bank -90 wait']);
    expect(await books('NOK')).toEqual({ '1200': 90 });
    await on.take(
      await on.statement([{ gross: 90, reference: names[0] ?? '' }], { currency: 'NOK' }),
    );
    expect(await openBreaks('NOK')).toEqual([]);
    expect(await books('NOK')).toEqual({ '1010': 90, '1200': 0 });
  });
});
