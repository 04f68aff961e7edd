/** The end of a merchant's month: fees, conversion, settlement, bank, and the merchant paid out. */
import { amendmentEntry, reversalEntry } from '../../domain/posting-rules/amendment.ts';
import * as statement from '../../domain/posting-rules/bank-suspense.ts';
import { providerFeeEntry } from '../../domain/posting-rules/fee.ts';
import { currencyConvertedEntry, currencyRealizedEntry } from '../../domain/posting-rules/fx.ts';
import * as payouts from '../../domain/posting-rules/payout.ts';
import * as settlement from '../../domain/posting-rules/settlement.ts';
import * as writeOff from '../../domain/posting-rules/write-off.ts';
import type { Month } from './merchant-month.ts';

const decided = { reason: 'agreed', approver: 'fin_2', provider: 'alder' };

export function closeMonth(month: Month): void {
  bookFees(month);
  convert(month);
  strayLines(month);
  for (let n = 1; month.books.posted('1100') !== 0n; n += 1) settle(month, `po_${n}`, n === 1);
  if (month.books.fundModel === 'facilitator') payMerchant(month);
}

function bookFees(month: Month): void {
  const { books, tape } = month;
  const amount = tape.amount(900n) - 100n;
  month.atProvider -= amount;
  if (amount === 0n) return;
  const fee = { ...books.at, batchId: 'batch_1', amount };
  if (tape.pick(3) !== 1) {
    books.post(providerFeeEntry(books, fee));
    return;
  }
  const wrong = providerFeeEntry(books, { ...fee, amount: 1_000n });
  const why = { reason: 'misread', approver: 'fin_2' };
  books.post(wrong, reversalEntry(wrong, why));
  books.post(amendmentEntry(wrong, providerFeeEntry(books, fee).postings, why));
}

function convert(month: Month): void {
  const { books, tape } = month;
  if (tape.pick(2) === 0) return;
  const conversion = {
    id: 'batch_1',
    ...books.at,
    charged: tape.amount(5_000n),
    settled: tape.amount(5_000n),
    settlementCurrency: 'EUR',
  };
  month.atProvider -= conversion.charged;
  books.post(currencyConvertedEntry(books, conversion), currencyRealizedEntry(books, conversion));
}

/** Lines of the statement that turn out to be the provider's. */
function strayLines(month: Month): void {
  const { books, tape } = month;
  const line = { id: 'brk_stray', ...books.at, amount: tape.amount(500n) };
  const found = {
    ...books.at,
    suspenseKey: 'brk_stray/suspense',
    heldFor: 'alder',
    as: '1100' as const,
  };
  const course = tape.pick(3);
  if (course === 1) {
    books.post(statement.unidentifiedReceiptEntry(books, line));
    books.post(statement.receiptIdentifiedEntry(books, { ...found, amount: line.amount }));
    month.atBank += line.amount;
    month.atProvider -= line.amount;
  }
  if (course === 2) {
    books.post(statement.unidentifiedOutgoingEntry(books, line));
    books.post(statement.outgoingIdentifiedEntry(books, { ...found, amount: line.amount }));
    month.atBank -= line.amount;
    month.atProvider += line.amount;
  }
}

function settle(month: Month, id: string, mayDiffer: boolean): void {
  const { books, tape } = month;
  const reserve = { id: `${id}/reserve`, ...books.at, amount: tape.amount(300n) };
  books.post(settlement.providerReserveHeldEntry(books, reserve));
  books.post(settlement.providerReserveReleasedEntry(books, reserve));
  const payout = { id, ...books.at, amount: month.atProvider };
  const difference = mayDiffer ? BigInt(tape.pick(3) - 1) * 7n : 0n;
  const seen = payout.amount + difference;
  books.post(settlement.providerPayoutAnnouncedEntry(books, payout));
  books.post(settlement.bankCreditEntry(books, payout, seen, `line_${id}`));
  month.atProvider = 0n;
  month.atBank += seen;
  if (difference === 0n) return;
  const amount = difference > 0n ? difference : -difference;
  const found = { ...books.at, suspenseKey: `bank/line_${id}`, heldFor: 'alder', amount };
  const given = { ...decided, id: `case_${id}`, amount };
  if (tape.pick(2) === 1) {
    books.post(
      difference > 0n
        ? statement.receiptIdentifiedEntry(books, { ...found, as: '1100' })
        : statement.outgoingIdentifiedEntry(books, { ...found, as: '1100' }),
    );
    month.atProvider -= difference;
    return;
  }
  books.post(
    difference > 0n
      ? writeOff.surplusWrittenOffEntry(books, given)
      : writeOff.shortageWrittenOffEntry(books, given),
  );
}

function payMerchant(month: Month): void {
  const { books, tape } = month;
  const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
  const offset = least(books.available('2110'), books.posted('1310'));
  if (offset > 0n) {
    books.post(writeOff.receivableOffsetEntry(books, { id: 'off_1', amount: offset }));
  }
  const amount = books.available('2110');
  if (amount > 0n) {
    books.post(payouts.reserveHeldEntry(books, { id: 'rsv_1', amount }));
    books.post(payouts.reserveReleasedEntry(books, { id: 'rsv_1', amount }));
    books.post(payouts.merchantPayoutSentEntry(books, { id: 'mp_1', amount }));
    books.post(payouts.merchantPayoutFailedEntry(books, { id: 'mp_1', amount }));
    books.post(payouts.merchantPayoutSentEntry(books, { id: 'mp_2', amount }));
    books.post(payouts.merchantPayoutConfirmedEntry(books, { id: 'mp_2', amount }));
    month.atBank -= amount;
  }
  const debt = books.posted('1310');
  if (debt <= 0n) return;
  if (tape.pick(2) === 1) {
    books.post(writeOff.receivablePaidEntry(books, { id: 'in_1', amount: debt }));
    month.atBank += debt;
    return;
  }
  books.post(writeOff.badDebtWrittenOffEntry(books, { ...decided, id: 'case_debt', amount: debt }));
  books.post(writeOff.badDebtRecoveredEntry(books, { id: 'in_2', amount: 1n }));
  month.atBank += 1n;
}
