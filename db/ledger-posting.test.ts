/** `post_entries`: an answer per entry; what differs is named; chains; a failed key stays failed. */
import { describe, expect, test } from '@jest/globals';
import { aPosting, aResolution } from '../test/support/posting.ts';
import { testBooks } from '../test/support/test-books.ts';
import type { EntryToPost } from './ledger-posting.ts';

const books = testBooks();
const { give, take, hold, post, results } = books;

describe('a batch', () => {
  test('answers to each entry, and one bad entry does not spoil the others', async () => {
    const [line] = give(5n).postings ?? [];
    if (line === undefined) throw new Error('no posting');
    const strange = { ...line, account: '9999' as '1100' };
    const first = give(1n);
    expect(
      await results(
        first,
        give(1n, { postings: [line] }),
        give(1n, { postings: [strange, { ...line, side: 'credit' }] }),
        give(0n),
        give(1n, { key: '' }),
        give(1n, { paymentId: 'pay_none' }),
        give(1n, { merchantId: 'mer_none' }),
        first,
        give(2n),
      ),
    ).toEqual([
      ...['posted', 'unbalanced', 'unknown_account', 'malformed amount', 'malformed key'],
      ...['unknown_payment', 'unknown_merchant', 'exists', 'posted'],
    ]);
    expect(await books.payable()).toBe('3 held 0');
  });

  test('of nothing, or of what is no entry, changes nothing', async () => {
    expect(await post()).toEqual([]);
    const odd = [1, 'x', null, [], { postings: 'none' }, { postings: [1] }];
    const { verdicts } = await books
      .on()
      .rows.one<{ verdicts: { result: string }[] }>('select post_entries($1) as verdicts', [
        JSON.stringify(odd),
      ]);
    expect(new Set(verdicts.map(({ result }) => result))).toEqual(new Set(['malformed']));
  });

  test('has ids in the order of its entries, and none for what was not written', async () => {
    const entries = Array.from({ length: 60 }, (_, i) => give(i % 3 === 0 ? 0n : 1n));
    const verdicts = await post(...entries.toSorted((a, b) => (a.key < b.key ? 1 : -1)));
    const written = verdicts.filter(({ result }) => result === 'posted').map((v) => v.entry_id);
    expect(written).toEqual(written.toSorted());
    expect([written.length, new Set(written).size]).toEqual([40, 40]);
    expect(verdicts.filter((v) => v.entry_id === undefined)).toHaveLength(20);
  });

  test('is bounded in size', async () => {
    await expect(post(...Array.from({ length: 1001 }, () => give(1n)))).rejects.toMatchObject({
      constraint: 'batch_too_large',
    });
  });
});

describe('a key used again', () => {
  const lines = (values: object, more: object = {}): EntryToPost['postings'] & object =>
    (aPosting('', 100n).postings ?? []).map((p, i) => ({
      ...p,
      ...values,
      ...(i === 0 ? more : {}),
    }));
  test.each<[string, Partial<EntryToPost>]>([
    ['event', { event: 'other' }],
    ['state', { state: 'pending' }],
    ['expiry', { expiresInSeconds: 8 }],
    ['postings', { postings: [...lines({}), ...lines({})] }],
    ['account', { postings: lines({}, { account: '4000' }) }],
    ['provider', { postings: lines({}, { provider: 'birch' }) }],
    ['side', { postings: lines({}).toReversed() }],
    ['currency', { postings: lines({ currency: 'EUR' }) }],
    ['amount', { postings: lines({ amount: 99n }) }],
  ])('with another %s is told so', async (field, change) => {
    const entry = give(100n, field === 'expiry' ? { state: 'pending', expiresInSeconds: 9 } : {});
    const [first] = await post(entry);
    const expected = field === 'side' ? 'account' : field;
    expect(await post({ ...entry, ...change })).toEqual([
      {
        key: entry.key,
        result: `exists_with_different_${expected}`,
        field: expected,
        entry_id: first?.entry_id,
      },
    ]);
  });

  test('for another payment, pending entry, resolution or reversal is told so', async () => {
    const [one, two] = [hold(5n), hold(5n)];
    const [verdict] = await post(one, two);
    const entry = give(1n);
    const posted = aResolution(one, 'post');
    expect(await results(entry, posted)).toEqual(['posted', 'posted']);
    const { id } = await books.on().captured({ merchantId: books.merchantId });
    expect(
      await results(
        { ...entry, paymentId: id },
        { ...entry, reversesId: verdict?.entry_id ?? '' },
        { ...posted, resolvesKey: two.key },
        posted,
      ),
    ).toEqual(
      ['payment', 'reverses', 'resolves'].map((f) => `exists_with_different_${f}`).concat('exists'),
    );
    expect(await results({ ...aResolution(one, 'void'), key: posted.key })).toEqual([
      'exists_with_different_state',
    ]);
  });
});

describe('a failed key', () => {
  test('stays failed when funds have come, also 20 times at once', async () => {
    await books.configure('bounded', true);
    const entry = take(10n);
    const racers = Array.from({ length: 20 }, (_, i) => results(i === 10 ? give(10n) : entry));
    const verdicts = (await Promise.all(racers)).flat().filter((_, i) => i !== 10);
    expect(new Set(verdicts).size === 1 || verdicts.includes('exists')).toBe(true);
    const late = take(20n);
    expect(await results(late)).toEqual(['insufficient_funds']);
    expect(await results(give(100n), late)).toEqual(['posted', 'insufficient_funds']);
    expect(await results({ ...late, event: 'other' })).toEqual(['already_refused']);
  });

  test('that was only malformed may be used again', async () => {
    const entry = give(0n);
    expect(await results(entry)).toEqual(['malformed amount']);
    expect(await results({ ...entry, postings: give(1n).postings ?? [] })).toEqual(['posted']);
  });
});

describe('linked entries', () => {
  test('are posted together, or none is', async () => {
    await books.configure('bounded', true);
    const good = give(5n, { linked: true });
    const chain = [good, take(9n, { linked: true }), give(7n)] as const;
    expect(await results(give(1n), ...chain, give(2n))).toEqual([
      ...['posted', 'linked_failed', 'insufficient_funds', 'linked_failed', 'posted'],
    ]);
    expect(await books.payable()).toBe('3 held 0');
    // Who failed stays failed; the others may come again.
    expect(await results(...chain)).toEqual([
      'linked_failed',
      'insufficient_funds',
      'linked_failed',
    ]);
    expect(await results(good, take(8n))).toEqual(['posted', 'posted']);
  });

  test('see each other', async () => {
    const entry = hold(5n, { linked: true });
    expect(await results(entry, aResolution(entry, 'post'))).toEqual(['posted', 'posted']);
  });
});

test('an entry is reversed once, and only where there is one', async () => {
  const [verdict] = await post(give(9n));
  const reversal = (id: string): EntryToPost => take(9n, { reversesId: id });
  const id = verdict?.entry_id ?? '';
  const once = reversal(id);
  expect(await results(once, reversal(id), reversal('je_none'), once)).toEqual([
    ...['posted', 'already_reversed', 'reversed_not_found', 'exists'],
  ]);
});

test('a closed period refuses requests; a fact goes to the open one and keeps its date', async () => {
  await books
    .on()
    .rows.all(`insert into ledger_periods values ($1, (now() + interval '1 day')::date)`, [
      books.merchantId,
    ]);
  const fact = give(5n);
  expect(await results(take(1n), fact)).toEqual(['period_closed', 'posted']);
  expect(
    await books
      .on()
      .rows.one(
        `select effective_at > now() as moved, occurred_at < now() as kept from journal_entries where key = $1`,
        [fact.key],
      ),
  ).toEqual({ moved: true, kept: true });
});

describe('a reversal', () => {
  const reversed = async (amount: bigint, change: Partial<EntryToPost>): Promise<string> => {
    const entry = give(9n);
    const [verdict] = await post(entry);
    const reversal = take(amount, { reversesId: verdict?.entry_id ?? '', ...change });
    const [result] = await results(reversal);
    // A failed key stays failed, and the entry may still be reversed.
    expect(await results(reversal, take(9n, { reversesKey: entry.key }))).toEqual([
      result,
      'posted',
    ]);
    return String(result);
  };
  test.each<[string, bigint, Partial<EntryToPost>, string]>([
    ['of less', 8n, {}, 'postings'],
    ['of more', 10n, {}, 'postings'],
    ['on the same sides', 9n, { postings: aPosting('', 9n).postings ?? [] }, 'postings'],
    [
      'on another account',
      9n,
      { postings: aPosting('', 9n, {}, ['2110', '1100']).postings ?? [] },
      'postings',
    ],
    ['that is only pending', 9n, { state: 'pending' }, 'state'],
  ])('%s is no mirror', async (_, amount, change, field) => {
    expect(await reversed(amount, change)).toBe(`reversal_not_mirror ${field}`);
  });

  test('of what is pending is none: that is released', async () => {
    const entry = hold(9n);
    expect(await results(entry, give(9n, { reversesKey: entry.key }))).toEqual([
      'posted',
      'reversal_not_mirror state',
    ]);
  });

  test('by key, also of the entry before it in the batch, and may be cut into other lines', async () => {
    const entry = give(9n);
    const [debit, credit] = take(9n).postings ?? [];
    if (debit === undefined || credit === undefined) throw new Error('no posting');
    const parts = [debit, { ...credit, amount: 4n }, { ...credit, amount: 5n }];
    const reversal = take(9n, { reversesKey: entry.key, postings: parts });
    expect(await results(entry, reversal, reversal)).toEqual(['posted', 'posted', 'exists']);
    expect(await results({ ...reversal, reversesKey: 'another' })).toEqual([
      'exists_with_different_reverses',
    ]);
    expect(await results(take(1n, { reversesKey: 'none' }))).toEqual(['reversed_not_found']);
  });
});

test('what no index, interval or later release could hold is malformed, and spoils nothing else', async () => {
  const [debit, credit] = give(9_223_372_036_854_775_807n).postings ?? [];
  if (debit === undefined || credit === undefined) throw new Error('no posting');
  const sent = (values: object): unknown => {
    const lines = give(1n).postings?.map((line) => ({ ...line, amount: '1' }));
    const entry = { merchant_id: books.merchantId, key: crypto.randomUUID(), event: 'x' };
    return { ...entry, state: 'posted', postings: lines, ...values };
  };
  const most = [debit, credit].map((line) => ({ ...line, amount: String(line.amount) }));
  const [first, second] = [...most].map((line) => ({ ...line, provider: 'x'.repeat(201) }));
  const entries = [
    { key: 'x'.repeat(1001) },
    { postings: [first, second] },
    { state: 'pending', postings: [...most, ...most] },
    { effective_at: 'infinity' },
    { effective_at: 5 },
    { request: 'yes' },
    { linked: 1 },
    { postings: most },
  ];
  const { verdicts } = await books.on().rows.one<{
    verdicts: { result: string; field?: string }[];
  }>('select post_entries($1) as verdicts', [JSON.stringify(entries.map(sent))]);
  expect(verdicts.map(({ result, field }) => field ?? result)).toEqual([
    ...['key', 'provider', 'amount', 'effective_at', 'effective_at', 'request', 'linked', 'posted'],
  ]);
});
