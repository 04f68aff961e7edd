/** Twice, at once, and killed anywhere: a bank statement is in the books once, and the same whoever finished it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { matchPlainBankLines } from '../../db/bank.ts';
import { openBankWorld, type BankWorld } from '../../test/support/bank-world.ts';
import { waitFor } from '../../test/support/wait.ts';
import { matchAnnounced, matchBankStatement } from './bank.ts';

let on: BankWorld;
beforeAll(async () => {
  on = await openBankWorld();
});
afterAll(() => on.close());

/** Mulberry32. */
function drawer(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** A statement of every kind of line in `currency`, whose payouts are announced before it. */
async function aMixedStatement(currency: string): Promise<string> {
  const { names } = await on.announce([700, 60, 61, -40, 300], { currency, daysAgo: 20 });
  const [a, b, c, d, e] = names.map((name) => ({ reference: name }));
  return on.statement(
    [
      ...[
        { gross: 700, ...a },
        { gross: 121, reference: `${b?.reference ?? ''} ${c?.reference ?? ''}` },
      ],
      ...[
        { gross: -40, ...d },
        { gross: 290, ...e },
        { gross: 5 },
        { gross: -6, counterparty: 'X' },
      ],
    ],
    { currency, day: 0, opening: 0 },
  );
}
const books = (currency: string): Promise<Record<string, number>> =>
  on.balances(currency, '1010', '1100', '1200', '1900', '2900');
const outcome = { '1010': 1_070, '1100': -1_081, '1200': 0, '1900': 16, '2900': -5 };
/** What `announce` books of the fees that its batches list. */
const withoutFees = (balances: Record<string, number>): Record<string, number> => ({
  ...balances,
  '1100': -1_081,
});

test('eight at once are one', async () => {
  const id = await aMixedStatement('EUR');
  const all = await Promise.all(Array.from({ length: 8 }, () => on.take(id)));
  expect(all.reduce((sum, { matched }) => sum + matched, 0)).toBe(5);
  expect(all.reduce((sum, { opened }) => sum + opened, 0)).toBe(3);
  expect(withoutFees(await books('EUR'))).toEqual(outcome);
});

test('two statements of one payout at once: it came twice, and both are in the books', async () => {
  const { names } = await on.announce([500], { currency: 'USD' });
  const line = { gross: 500, reference: names[0] ?? '' };
  const ids = [
    await on.statement([line], { currency: 'USD' }),
    await on.statement([line], { currency: 'USD', account: 'ACC2', opening: 0 }),
  ];
  await Promise.all(ids.map((id) => on.take(id)));
  expect(await on.balances('USD', '1010', '1200', '2900')).toEqual({
    '1010': 1_000,
    '1200': 0,
    '2900': -500,
  });
});

/** Gone at the n-th look whether to go on; after the last one nobody is. */
function dyingAt(n: number): AbortSignal {
  let left = n;
  const signal = new AbortController().signal;
  return Object.assign(Object.create(signal) as AbortSignal, {
    throwIfAborted: () => {
      left -= 1;
      if (left < 0) throw new Error('killed');
    },
  });
}

test.each([
  ['GBP', 0],
  ['CHF', 1],
  ['SEK', 2],
] as const)('killed in %s before step %i, the next one goes on', async (currency, step) => {
  const id = await aMixedStatement(currency);
  await expect(on.take(id, dyingAt(step))).rejects.toThrow('killed');
  const { opened } = await on.take(id);
  expect(opened).toBe(3);
  expect(withoutFees(await books(currency))).toEqual(outcome);
});

test('a backend killed in the middle of posting has posted nothing', async () => {
  const id = await aMixedStatement('NOK');
  await on.rows.all(
    `create function fall_over() returns trigger language plpgsql as $$ begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
     create trigger dies before insert on breaks for each row when (new.currency = 'NOK') execute function fall_over()`,
  );
  await expect(on.take(id)).rejects.toThrow();
  expect((await on.balances('NOK', '1010', '1900'))['1010'] ?? 0).toBe(0);
  await on.rows.all('drop trigger dies on breaks; drop function fall_over()');
  // The pool hears of it a moment later.
  expect(await waitFor(() => on.take(id))).toMatchObject({ opened: 3 });
  expect(withoutFees(await books('NOK'))).toEqual(outcome);
});

test.each([1, 2, 3, 4])(
  'the database matches by itself only what the domain says, draw %i',
  async (round) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const draw = drawer(seed);
    const amounts = Array.from({ length: 30 }, () => 10_000 * (1 + draw(3)));
    const drawn = Array.from({ length: 50 }, () => ({
      ...{ payout: draw(30), other: draw(30), text: draw(7) },
      counterparty: draw(2) === 0 ? null : 'Alder',
      gross: [null, null, 20_000, -10_000][draw(4)] ?? null,
    }));
    const outcomeOf = async (isSetWise: boolean): Promise<unknown> => {
      const currency = `${isSetWise ? 'Y' : 'Z'}Y${String.fromCharCode(64 + round)}`;
      const { names, id: file } = await on.announce(amounts, { currency, daysAgo: 20 });
      const lines = drawn.map(({ payout, other, text, counterparty, gross }) => {
        const [name = '', second = ''] = [names[payout], names[other]];
        const reference =
          [name, name, name, `${name},`, `${name} ${second}`, 'nothing', null][text] ?? null;
        return { reference, counterparty, gross: gross ?? amounts[payout] ?? 0 };
      });
      const id = await on.statement(lines, { currency, day: 0, opening: 0 });
      if (isSetWise) expect(await matchPlainBankLines(on.worker, id, 1, 100)).toBeGreaterThan(0);
      const step = { db: on.worker, signal: new AbortController().signal };
      await matchBankStatement(step, { id, lines: isSetWise ? lines.length : 0 });
      const matches = await on.rows.all(
        `select line, split_part(subject_id, '/', 2)::int as payout, tier from settlement_matches where reconciliation_id = $1 order by 1, 2`,
        [id],
      );
      const seen = await on.rows.all(
        `select split_part(id, '/', 2)::int as payout, credits, seen::int from announced_payouts where reconciliation_id = $1 order by 1`,
        [file],
      );
      return { seed, matches, seen };
    };
    expect(await outcomeOf(true)).toEqual(await outcomeOf(false));
  },
);

test('20,000 lines and 20,000 payouts, in seconds', async () => {
  const [n, currency] = [20_000, 'HUF'];
  const gross = (i: number): number => 1_000 + i;
  const occurred_at = new Date(Date.now() - 20 * 86_400_000).toISOString();
  const file = await on.file(
    Array.from({ length: n }, (_, i) => {
      const batch = `many-${String(i)}`;
      return {
        kind: 'payout',
        gross: gross(i),
        currency,
        batch,
        provider_reference: batch,
        occurred_at,
      };
    }),
  );
  await on.rows.all(
    `insert into settlement_postings (reconciliation_id, scope, what, merchant_id, provider, currency, debit, credit, amount, round, entry_key)
     select $1, batch, 'announced', 'mer_operator', 'alder', currency, '1200', '1100', gross, 1, batch from settlement_lines
     where reconciliation_id = $1`,
    [file],
  );
  await on.rows.all(`update reconciliations set status = 'posted' where id = $1`, [file]);
  const id = await on.statement(
    Array.from({ length: n }, (_, i) => ({
      gross: gross(i),
      // A quarter the database leaves to the domain.
      ...(i % 4 === 0 ? { counterparty: 'ALDER B.V.' } : { reference: `many-${String(i)}` }),
    })),
    { currency },
  );
  const began = performance.now();
  expect(await on.take(id)).toEqual({ matched: n, opened: 0 });
  expect(performance.now() - began).toBeLessThan(15_000);
  const [sum] = await on.rows.all(
    `select sum(posted_debits - posted_credits)::text as total from account_balances where currency = 'HUF' and account = '1010'`,
  );
  expect(sum).toEqual({ total: String((n * (gross(0) + gross(n - 1))) / 2) });
}, 120_000);

test('more than one transaction has time for is done in several, and looked at again at once', async () => {
  const n = 6_000;
  const id = await on.statement(
    Array.from({ length: n }, (_, i) => ({ gross: 1 + i })),
    { currency: 'ISK' },
  );
  expect(await on.take(id)).toEqual({ matched: 0, opened: n });
  const sum = (n * (n + 1)) / 2;
  expect(await on.balances('ISK', '1010', '2900')).toEqual({ '1010': sum, '2900': -sum });
  const began = performance.now();
  expect(await on.take(id)).toEqual({ matched: 0, opened: 0 });
  expect(performance.now() - began).toBeLessThan(5_000);
}, 60_000);

test('what is posted meanwhile leaves a statement that is half matched alone', async () => {
  const currency = 'CZK';
  const { names } = await on.announce([70, 30], { currency, daysAgo: 20 });
  const line = (n: number, gross: number): object => ({ gross, reference: names[n] ?? '' });
  const first = await on.statement([line(0, 70)], { currency, day: 0, opening: 0 });
  const second = await on.statement([line(1, 30)], { currency, day: 1 });
  // Each is killed before its posting.
  for (const id of [first, second]) expect(await matchPlainBankLines(on.worker, id, 1, 2)).toBe(1);
  const { signal } = new AbortController();
  await matchAnnounced({ db: on.worker, signal });
  expect(await on.balances(currency, '1010', '1900', '2900')).toEqual({});
  await on.take(second);
  expect(await on.balances(currency, '1010', '2900')).toEqual({ '1010': 30 });
  await on.take(first);
  expect(await on.balances(currency, '1010', '2900')).toEqual({ '1010': 100 });
  const at = await on.rows.all(
    `select distinct r.id from journal_entries e join reconciliations r on e.effective_at = r.covers_to - interval '1 millisecond'
     where e.event in ('bank_credit', 'unidentified_receipt') and e.key not like 'brk%' and split_part(e.key, '/', 2) = r.id and r.id = any($1)`,
    [[first, second]],
  );
  expect(at).toHaveLength(2);
});
