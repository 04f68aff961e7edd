import { describe, expect, test } from '@jest/globals';
import {
  anAuthorizedAttempt,
  anAuthorizedPayment,
  anOperation,
} from '../../test/support/payments.ts';
import type { AccountCode, Side } from '../accounts.ts';
import type { Currency } from '../currency.ts';
import type { JournalEntry } from '../journal-entry.ts';
import { authorizationEntry, releaseEntry } from './authorization.ts';
import { captureEntry } from './capture.ts';
import { refundEntry } from './refund.ts';
import { lateSuccessEntry, lateSuccessReturnedEntry } from './suspense.ts';

/** Minor units of 100.00, 100 and 100.000; and the largest amount that a payment may have. */
const monies: readonly { currency: Currency; amount: bigint }[] = [
  { currency: 'USD', amount: 10_000n },
  { currency: 'JPY', amount: 100n },
  { currency: 'KWD', amount: 100_000n },
  { currency: 'USD', amount: 9_007_199_254_740_991n },
];
const models = [
  { fundModel: 'own' as const, earned: '4000' as AccountCode },
  { fundModel: 'facilitator' as const, earned: '2100' as AccountCode },
];
const situations = models.flatMap((model) => monies.map((money) => ({ ...model, ...money })));

/** `1100 alder debit 10000 USD`, as one reads a journal. */
function lines(entry: JournalEntry): string[] {
  return entry.postings.map((p) =>
    [p.account, p.provider || '-', p.side, String(p.amount), p.currency].join(' '),
  );
}

describe.each(situations)('$fundModel, $amount $currency', ({ fundModel, earned, ...money }) => {
  const { amount, currency } = money;
  const attempt = anAuthorizedAttempt({ amount, kind: 'authorize' });
  const sale = anAuthorizedAttempt({ amount, kind: 'sale' });
  const operation = anOperation({ amount });
  const payment = anAuthorizedPayment([], { fundModel, amount, currency });
  const receivable = (side: Side): string => `1100 alder ${side} ${String(amount)} ${currency}`;
  const suspense = (side: Side): string => `2900 alder ${side} ${String(amount)} ${currency}`;
  const ours = (side: Side): string => `${earned} - ${side} ${String(amount)} ${currency}`;
  const entries = {
    authorization: authorizationEntry(payment, attempt),
    release: releaseEntry(payment, attempt, amount, 'op_1'),
    capture: captureEntry(payment, attempt, operation),
    refund: refundEntry(payment, attempt, operation),
    'late sale': lateSuccessEntry(payment, sale),
    'late authorization': lateSuccessEntry(payment, attempt),
    'late sale returned': lateSuccessReturnedEntry(payment, sale, operation),
    'late authorization returned': lateSuccessReturnedEntry(payment, attempt, operation),
  };

  test.each([
    ['authorization', 'att_1/authorized', 'pending', receivable('debit'), ours('credit')],
    ['release', 'op_1/released', 'pending', ours('debit'), receivable('credit')],
    ['capture', 'op_1/succeeded', 'posted', receivable('debit'), ours('credit')],
    ['refund', 'op_1/succeeded', 'posted', ours('debit'), receivable('credit')],
    ['late sale', 'att_1/late', 'posted', receivable('debit'), suspense('credit')],
    ['late authorization', 'att_1/late', 'pending', receivable('debit'), suspense('credit')],
    [
      'late sale returned',
      'att_1/late_returned',
      'posted',
      suspense('debit'),
      receivable('credit'),
    ],
    [
      'late authorization returned',
      'att_1/late_returned',
      'pending',
      suspense('debit'),
      receivable('credit'),
    ],
  ] as const)('%s', (name, key, state, debit, credit) => {
    const entry = entries[name];
    expect([entry.key, entry.state, ...lines(entry)]).toEqual([key, state, debit, credit]);
  });

  test('what gives back names what it gives back, and nothing else does', () => {
    const resolving = Object.entries(entries).flatMap(([name, { resolvesKey }]) =>
      resolvesKey === undefined ? [] : [`${name}: ${resolvesKey}`],
    );
    expect(resolving).toEqual([
      'release: att_1/authorized',
      'late authorization returned: att_1/late',
    ]);
  });

  test('every entry balances', () => {
    for (const { postings } of Object.values(entries)) {
      const net = postings.reduce(
        (sum, p) => sum + (p.side === 'debit' ? p.amount : -p.amount),
        0n,
      );
      expect(net).toBe(0n);
      expect(postings.every((p) => p.amount > 0n)).toBe(true);
    }
  });
});

test('a part is released and captured in its own amount', () => {
  const payment = anAuthorizedPayment();
  const part = anOperation({ amount: 3_333n });
  expect(lines(captureEntry(payment, anAuthorizedAttempt(), part))).toEqual([
    '1100 alder debit 3333 USD',
    '4000 - credit 3333 USD',
  ]);
  expect(lines(releaseEntry(payment, anAuthorizedAttempt(), 6_667n, 'op_1'))).toEqual([
    '4000 - debit 6667 USD',
    '1100 alder credit 6667 USD',
  ]);
});
