/** Which payouts a bank line is, case by case: what it takes to match, and what is not enough. */
import { expect, test } from '@jest/globals';
import { matchBankLines, type AnnouncedPayout, type BankLine } from './bank.ts';

const day = 86_400_000;

function line(id: string, amount: bigint, values: Partial<BankLine> = {}): BankLine {
  return {
    ...{ id, amount, currency: 'EUR', reference: null, counterparty: null, bookedAt: 10 * day },
    ...values,
  };
}

function payout(
  id: string,
  amount: bigint,
  values: Partial<AnnouncedPayout> = {},
): AnnouncedPayout {
  return {
    ...{ id, amount, provider: 'alder', names: [`payout_${id}`], currency: 'EUR' },
    ...{ announcedAt: 9 * day, credits: 0 },
    ...values,
  };
}

const fromAlder = { counterparty: 'ALDER Payments B.V.' };
const names = (...ids: string[]): Partial<BankLine> => ({
  reference: ids.map((id) => `payout_${id}`).join(' '),
});

test.each<[string, readonly BankLine[], readonly AnnouncedPayout[], readonly string[]]>([
  ['by its name', [line('L', 5n, names('A'))], [payout('A', 5n)], ['L A 5 1']],
  ['by its name, of another amount', [line('L', 4n, names('A'))], [payout('A', 5n)], ['L A 4 1']],
  [
    'by its name, long after',
    [line('L', 5n, { ...names('A'), bookedAt: 99 * day })],
    [payout('A', 5n)],
    ['L A 5 1'],
  ],
  [
    'a name within a text',
    [line('L', 5n, { reference: 'Alder, payout_A; thanks' })],
    [payout('A', 5n)],
    ['L A 5 1'],
  ],
  [
    'a short name is all of the text',
    [line('L', 5n, { reference: '17' })],
    [payout('A', 5n, { names: ['17'] })],
    ['L A 5 1'],
  ],
  [
    'a short name in a text says nothing',
    [line('L', 5n, { reference: 'order 17' })],
    [payout('A', 5n, { names: ['17'] })],
    [],
  ],
  [
    'a name in another currency',
    [line('L', 5n, { ...names('A'), currency: 'USD' })],
    [payout('A', 5n)],
    [],
  ],
  [
    'two payouts of one name',
    [line('L', 5n, { reference: 'the-same' })],
    [
      payout('A', 5n, { names: ['the-same'] }),
      payout('B', 5n, { names: ['the-same'], provider: 'birch' }),
    ],
    [],
  ],
  [
    'a second credit of one payout',
    [line('L', 5n, names('A'))],
    [payout('A', 5n, { credits: 1 })],
    ['L A 5 1'],
  ],
  [
    'one payout in two named credits',
    [line('L', 2n, names('A')), line('M', 3n, names('A'))],
    [payout('A', 5n)],
    ['L A 2 1', 'M A 3 1'],
  ],
  [
    'several named in one credit',
    [line('L', 12n, names('A', 'B'))],
    [payout('A', 5n), payout('B', 7n)],
    ['L A 5 1', 'L B 7 1'],
  ],
  [
    'several named, of another sum',
    [line('L', 11n, names('A', 'B'))],
    [payout('A', 5n), payout('B', 7n)],
    [],
  ],
  [
    'several named, one there before',
    [line('L', 12n, names('A', 'B'))],
    [payout('A', 5n, { credits: 1 }), payout('B', 7n)],
    [],
  ],
  [
    'several named in one credit, and one of them in another',
    [line('L', 12n, names('A', 'B')), line('M', 5n, names('A'))],
    [payout('A', 5n), payout('B', 7n)],
    ['M A 5 1'],
  ],
  [
    'several named in two credits',
    [line('L', 12n, names('A', 'B')), line('M', 12n, names('A', 'B'))],
    [payout('A', 5n), payout('B', 7n)],
    [],
  ],
  ['a collection', [line('L', -5n, names('A'))], [payout('A', -5n)], ['L A -5 1']],
  ['sent back', [line('L', -5n, names('A'))], [payout('A', 5n, { credits: 1 })], ['L A -5 1']],
  [
    'by sender, amount and time',
    [line('L', 5n, fromAlder)],
    [payout('A', 5n), payout('B', 7n)],
    ['L A 5 4'],
  ],
  [
    'the sender in the text',
    [line('L', 5n, { reference: 'SETTLEMENT ALDER 27.11.' })],
    [payout('A', 5n)],
    ['L A 5 4'],
  ],
  [
    'on the last day',
    [line('L', 5n, { ...fromAlder, bookedAt: 14 * day })],
    [payout('A', 5n)],
    ['L A 5 4'],
  ],
  ['after it', [line('L', 5n, { ...fromAlder, bookedAt: 14 * day + 1 })], [payout('A', 5n)], []],
  [
    'before it was announced',
    [line('L', 5n, { ...fromAlder, bookedAt: 7 * day })],
    [payout('A', 5n)],
    [],
  ],
  ['the amount alone', [line('L', 5n)], [payout('A', 5n)], []],
  [
    'another sender',
    [line('L', 5n, { counterparty: 'Birch' })],
    [payout('A', 5n), payout('B', 6n, { provider: 'birch' })],
    [],
  ],
  [
    'a sender within a word',
    [line('L', 5n, { counterparty: 'Alderney Ltd' })],
    [payout('A', 5n)],
    [],
  ],
  [
    'two senders',
    [line('L', 5n, { counterparty: 'Alder via Birch' })],
    [payout('A', 5n), payout('B', 6n, { provider: 'birch' })],
    [],
  ],
  ['a cent less', [line('L', 4n, fromAlder)], [payout('A', 5n)], []],
  [
    'the sender in another currency',
    [line('L', 5n, { ...fromAlder, currency: 'USD' })],
    [payout('A', 5n)],
    [],
  ],
  [
    'two payouts of that amount',
    [line('L', 5n, fromAlder)],
    [payout('A', 5n), payout('B', 5n)],
    [],
  ],
  [
    'two credits of that amount',
    [line('L', 5n, fromAlder), line('M', 5n, fromAlder)],
    [payout('A', 5n)],
    [],
  ],
  [
    'the sender, of what was credited before',
    [line('L', 5n, fromAlder)],
    [payout('A', 5n, { credits: 1 })],
    [],
  ],
  [
    'several payouts in one credit',
    [line('L', 12n, fromAlder)],
    [payout('A', 5n), payout('B', 7n), payout('C', 1n)],
    ['L A 5 6', 'L B 7 6'],
  ],
  [
    'a payout less a collection',
    [line('L', 5n, fromAlder)],
    [payout('A', 8n), payout('B', -3n)],
    ['L A 8 6', 'L B -3 6'],
  ],
  [
    'two ways to the same sum',
    [line('L', 12n, fromAlder)],
    [payout('A', 5n), payout('B', 7n), payout('C', 4n), payout('D', 8n)],
    [],
  ],
  [
    'of two providers',
    [line('L', 12n, fromAlder)],
    [payout('A', 5n), payout('B', 7n, { provider: 'birch' })],
    [],
  ],
  [
    'one payout in several credits',
    [line('L', 5n, fromAlder), line('M', 7n, fromAlder)],
    [payout('A', 12n)],
    ['L A 5 6', 'M A 7 6'],
  ],
  [
    'the same payouts for two credits',
    [line('L', 12n, fromAlder), line('M', 12n, fromAlder)],
    [payout('A', 5n), payout('B', 7n)],
    [],
  ],
])('%s', (_, lines, payouts, expected) => {
  const said = matchBankLines(lines, payouts).map((m) => `${m.line} ${m.payout} ${String(m.amount)} ${String(m.tier)}`); // prettier-ignore
  expect(said).toEqual(expected);
});

test('20,000 lines against 20,000 payouts, in the worst order, in seconds', () => {
  const n = 20_000;
  const amount = (i: number): bigint => BigInt(1_000 + i);
  const payouts = Array.from({ length: n }, (_, i) =>
    payout(String(i), amount(i), { announcedAt: ((i * 7_919) % n) * day }),
  );
  // A third by name, a third by sender, a third that nothing is.
  const lines = Array.from({ length: n }, (_, i) => {
    const bookedAt = ((i * 7_919) % n) * day + day;
    const values = [names(String(i)), fromAlder, { counterparty: 'Alder', bookedAt: 0 }][i % 3];
    return line(String(i), amount(i), { bookedAt, ...values });
  });
  const began = performance.now();
  const found = matchBankLines(lines, payouts);
  expect(performance.now() - began).toBeLessThan(3_000);
  const tiers = found.map(({ tier }) => tier);
  expect(tiers.filter((tier) => tier === 1)).toHaveLength(6_667);
  expect(tiers.filter((tier) => tier === 4)).toHaveLength(6_667);
});
