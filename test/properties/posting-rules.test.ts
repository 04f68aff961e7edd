/**
 * Random months through all posting rules: every entry and the books balance at each step, bounded
 * accounts stay at zero or above, and what must drain has drained once the month is settled.
 * A failure prints the seed: TENDER_TEST_SEED repeats it, TENDER_TEST_RUNS looks longer.
 */
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { captureEntry } from '../../domain/posting-rules/capture.ts';
import { grossOf, takeParts, withoutParts } from '../../domain/posting-rules/parts.ts';
import { journalEvents } from '../../domain/posting-rules/events.ts';
import * as refunds from '../../domain/posting-rules/refund.ts';
import { MerchantBooks } from './merchant-books.ts';
import { livePayment, tapeOf, type Month } from './merchant-month.ts';
import { closeMonth } from './month-end.ts';

const seed = Number(process.env['TENDER_TEST_SEED'] ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env['TENDER_TEST_RUNS'] ?? 300);
// Long and unbiased: short tapes end in the quietest course, and live through little.
const tape = fc.noBias(fc.array(fc.nat(999_999), { minLength: 150, maxLength: 150 }));
const currency = fc.constantFrom('JPY', 'USD', 'KWD');

const lived = new Map<string, number>();

beforeAll(() => {
  process.stderr.write(`posting rules: TENDER_TEST_SEED=${String(seed)}\n`);
});

describe.each(['own', 'facilitator'] as const)('%s', (fundModel) => {
  test('a settled month leaves nothing waiting, and the books are the providers and the bank', () => {
    fc.assert(
      fc.property(tape, currency, fc.integer({ min: 1, max: 4 }), (numbers, code, payments) => {
        const books = new MerchantBooks(fundModel, code);
        const month: Month = { books, tape: tapeOf(numbers), atProvider: 0n, atBank: 0n };
        for (let n = 1; n <= payments; n += 1) {
          livePayment(month, n);
          expect(books.posted('1100')).toBe(month.atProvider);
        }
        closeMonth(month);
        for (const e of books.events()) lived.set(e, (lived.get(e) ?? 0) + 1);
        expect(books.posted('1100')).toBe(month.atProvider);
        expect(books.posted('1010')).toBe(month.atBank);
        expect(books.waiting()).toEqual([]);
        const emptied = ['1100', '1150', '1310', '2100', '2110', '2120', '2150'] as const;
        expect(emptied.filter((account) => books.posted(account) !== 0n)).toEqual([]);
      }),
      { seed, numRuns },
    );
  }, 60_000);

  test('what is refunded in any pieces leaves nobody anything of the sale', () => {
    const part = fc.bigInt({ min: 0n, max: 99_999n });
    const parts = fc.record({ net: part, tax: part, deposit: part, excise: part });
    fc.assert(
      fc.property(parts, tape, (whole, numbers) => {
        fc.pre(grossOf(whole) > 0n);
        const books = new MerchantBooks(fundModel, 'USD');
        const picks = tapeOf(numbers);
        const sale = { id: 'op_1', amount: grossOf(whole) };
        books.post(captureEntry(books, books.at, sale, { parts: whole, platformFee: 0n }));
        let left = whole;
        for (let n = 1; grossOf(left) > 0n; n += 1) {
          const amount = n > 6 ? grossOf(left) : picks.amount(grossOf(left));
          const taken = takeParts(amount, left);
          const it = { id: `ref_${n}`, ...books.at, parts: taken, short: taken.net };
          books.post(refunds.refundAcceptedEntry(books, it), refunds.refundSettledEntry(books, it));
          left = withoutParts(left, taken);
        }
        const kept = ['1100', '2140', '2300', '2310', '2320', '4000'] as const;
        expect(kept.filter((account) => books.posted(account) !== 0n)).toEqual([]);
        if (fundModel === 'facilitator') expect(books.posted('1310')).toBe(whole.net);
      }),
      { seed, numRuns },
    );
  }, 60_000);
});

test('the months have lived through every event', () => {
  if (numRuns < 300) return;
  // In one step is how the payment's own flow refunds; a refund here takes each of its steps. Raised
  // authorizations have a property of their own (domain/increment.test.ts), transfers the rows of
  // domain/record-transfers.test.ts; what comes of payouts and debts lives in activities/payouts/histories.test.ts,
  // rounds of disputes in test/properties/dispute-interleavings.test.ts.
  const missing = journalEvents.filter((event) => !lived.has(event));
  expect(missing).toEqual([
    ...['authorization_incremented', 'funds_taken_back'],
    ...['merchant_payout_returned', 'merchant_payout_paid_late', 'refund'],
    ...['dispute_reopened', 'refund_beside_dispute_paid'],
    ...['transfer_received', 'transfer_applied', 'transfer_returned', 'receivable_credited'],
  ]);
});
