/**
 * A month of one merchant through every posting rule, from the first authorization to the last payout.
 * What really happened to money at the provider and at the bank is counted beside the books.
 */
import { allocate } from '../../domain/money.ts';
import { authorizationEntry, releaseEntry } from '../../domain/posting-rules/authorization.ts';
import { shortfall } from '../../domain/posting-rules/balance.ts';
import { captureEntry, captureFailedEntry } from '../../domain/posting-rules/capture.ts';
import * as disputes from '../../domain/posting-rules/dispute.ts';
import { providerFeeReturnedEntry } from '../../domain/posting-rules/fee.ts';
import { grossOf, takeParts, withoutParts, type Parts } from '../../domain/posting-rules/parts.ts';
import { fundsAvailableEntry } from '../../domain/posting-rules/payout.ts';
import * as refunds from '../../domain/posting-rules/refund.ts';
import * as suspense from '../../domain/posting-rules/suspense.ts';
import * as writeOff from '../../domain/posting-rules/write-off.ts';
import type { MerchantBooks } from './merchant-books.ts';

/** Decisions, one number each; all zero when the tape has ended, which is the quietest course. */
export interface Tape {
  pick(choices: number): number;
  amount(max: bigint): bigint;
}

export function tapeOf(numbers: readonly number[]): Tape {
  let at = 0;
  const next = (): number => numbers[at++] ?? 0;
  return {
    pick: (choices) => next() % choices,
    amount: (max) => 1n + (BigInt(next()) % max),
  };
}

export interface Month {
  readonly books: MerchantBooks;
  readonly tape: Tape;
  /** What the provider really owes us, and what really is at our bank. */
  atProvider: bigint;
  atBank: bigint;
}

const decided = { reason: 'agreed', approver: 'fin_2', provider: 'alder' };
const nothing: Parts = { net: 0n, tax: 0n, deposit: 0n, excise: 0n };

export function livePayment(month: Month, number: number): void {
  const { books, tape } = month;
  const id = `att_${number}`;
  const [net = 0n, tax = 0n, deposit = 0n, excise = 0n] = allocate(tape.amount(100_000n), [
    20n,
    1n + BigInt(tape.pick(4)),
    BigInt(tape.pick(2)),
    BigInt(tape.pick(3)),
  ]);
  const whole = { net, tax, deposit, excise };
  const attempt = { id, ...books.at, kind: 'authorize' as const, amount: grossOf(whole) };
  books.post(authorizationEntry(books, attempt));
  const captured = tape.pick(5) === 1 ? nothing : capture(month, attempt, whole);
  const rest = attempt.amount - grossOf(captured);
  if (rest > 0n) books.post(releaseEntry(books, attempt, rest, `${id}/rest`));
  const kept = tape.pick(6) === 1 ? fails(month, id, captured) : captured;
  let left = kept;
  const returns = tape.pick(5);
  for (let n = 1; n <= returns && grossOf(left) > 0n; n += 1) {
    const amount = tape.amount(grossOf(left));
    left =
      tape.pick(3) === 1
        ? dispute(month, `${id}/dp_${n}`, amount, left)
        : refund(month, `${id}/ref_${n}`, amount, left);
  }
  strayMoney(month, id);
}

function platformFee({ fundModel }: MerchantBooks, { net }: Parts): bigint {
  return fundModel === 'own' ? 0n : (allocate(net, [1n, 30n])[0] ?? 0n);
}

type Attempt = Parameters<typeof authorizationEntry>[1] & { readonly kind: 'authorize' };

/** In one to three pieces, perhaps not all of it. */
function capture(month: Month, attempt: Attempt, whole: Parts): Parts {
  const { books, tape } = month;
  let left = whole;
  const pieces = 1 + tape.pick(3);
  for (let n = 1; n <= pieces && grossOf(left) > 0n; n += 1) {
    const isLast = n === pieces && tape.pick(2) === 0;
    const amount = isLast ? grossOf(left) : tape.amount(grossOf(left));
    const parts = takeParts(amount, left);
    const operation = { id: `${attempt.id}/op_${n}`, amount };
    const split = { parts, platformFee: platformFee(books, parts) };
    books.post(releaseEntry(books, attempt, amount, operation.id));
    books.post(captureEntry(books, attempt, operation, split));
    month.atProvider += amount;
    left = withoutParts(left, parts);
    const earned = parts.net - split.platformFee;
    if (books.fundModel === 'facilitator' && earned > 0n) {
      books.post(fundsAvailableEntry(books, { id: operation.id, amount: earned }));
    }
  }
  return withoutParts(whole, left);
}

/** One capture more, of as much again, which the provider takes back. */
function fails({ books }: Month, id: string, captured: Parts): Parts {
  const operation = { id: `${id}/op_lost`, amount: grossOf(captured) };
  if (operation.amount === 0n) return captured;
  const split = { parts: captured, platformFee: platformFee(books, captured) };
  books.post(captureEntry(books, books.at, operation, split));
  books.post(captureFailedEntry(books, books.at, operation, split));
  return captured;
}

function refund(month: Month, id: string, amount: bigint, left: Parts): Parts {
  const { books, tape } = month;
  const parts = takeParts(amount, left);
  const short = books.fundModel === 'own' ? 0n : shortfall(parts.net, books.available('2110'));
  const it: refunds.Refund = { id, ...books.at, parts, short };
  books.post(refunds.refundRequestedEntry(books, it));
  books.post(refunds.refundReservationReleasedEntry(books, it));
  const course = tape.pick(5);
  if (course === 1) return left;
  books.post(refunds.refundAcceptedEntry(books, it));
  if (course === 2) {
    books.post(refunds.refundDeclinedEntry(books, it));
    return left;
  }
  books.post(refunds.refundSettledEntry(books, it));
  month.atProvider -= amount;
  if (course === 3) {
    books.post(providerFeeReturnedEntry(books, { id, ...books.at, fee: 7n }));
    month.atProvider += 7n;
  }
  if (course === 4) {
    books.post(refunds.refundFailedEntry(books, books.at, { id, amount }));
    books.post(refunds.owedRefundPaidEntry(books, { id, amount }));
    month.atProvider += amount;
    month.atBank -= amount;
  }
  return withoutParts(left, parts);
}

function dispute(month: Month, id: string, amount: bigint, left: Parts): Parts {
  const { books, tape } = month;
  const it: disputes.Dispute = { id, ...books.at, amount, fee: BigInt(tape.pick(3)) * 15n };
  const isOwn = books.fundModel === 'own';
  const short = (of: bigint): bigint => (isOwn ? 0n : shortfall(of, books.available('2110')));
  if (tape.pick(4) === 1) return paidTwice(month, it, short(amount), left);
  const charged = !isOwn && it.fee > 0n;
  books.post(disputes.disputeOpenedEntry(books, it));
  month.atProvider -= amount + it.fee;
  if (charged) books.post(disputes.disputeFeeChargedEntry(books, it, short(it.fee)));
  if (tape.pick(2) === 1) {
    books.post(disputes.disputeLostEntry(books, it, short(amount)));
    return withoutParts(left, takeParts(amount, left));
  }
  const returned = tape.pick(2) === 1;
  books.post(disputes.disputeWonEntry(books, it, returned));
  month.atProvider += amount + (returned ? it.fee : 0n);
  if (returned && charged) books.post(disputes.disputeFeeGivenBackEntry(books, it));
  return left;
}

function paidTwice(month: Month, it: disputes.Dispute, short: bigint, left: Parts): Parts {
  const { books, tape } = month;
  books.post(disputes.disputeAndRefundPaidEntry(books, it, short));
  month.atProvider -= it.amount;
  if (tape.pick(2) === 1) {
    books.post(disputes.doubleReturnRecoveredEntry(books, it, short));
    month.atProvider += it.amount;
  } else if (books.fundModel === 'own') {
    books.post(writeOff.badDebtWrittenOffEntry(books, { ...decided, ...it }));
  }
  return left;
}

/** Money that nobody asked for, given back. */
function strayMoney({ books, tape }: Month, id: string): void {
  const amount = tape.amount(5_000n);
  const course = tape.pick(4);
  const late = {
    id: `${id}/again`,
    ...books.at,
    kind: course === 1 ? ('sale' as const) : ('authorize' as const),
    amount,
  };
  if (course === 1 || course === 2) {
    books.post(suspense.lateSuccessEntry(books, late));
    books.post(suspense.lateSuccessReturnedEntry(books, late, { amount }));
  }
  if (course === 3) {
    const charge = { ...books.at, reference: id, amount };
    books.post(suspense.duplicateChargeEntry(books, charge));
    books.post(suspense.duplicateChargeReturnedEntry(books, charge));
  }
}
