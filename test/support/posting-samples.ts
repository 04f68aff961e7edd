/** One entry per golden case: the facts of each event, in the amounts of one currency. */
import type { JournalEntry } from '../../domain/journal-entry.ts';
import { amendmentEntry, reversalEntry } from '../../domain/posting-rules/amendment.ts';
import {
  authorizationEntry,
  incrementEntry,
  releaseEntry,
} from '../../domain/posting-rules/authorization.ts';
import * as statement from '../../domain/posting-rules/bank-suspense.ts';
import { captureEntry, captureFailedEntry } from '../../domain/posting-rules/capture.ts';
import * as dispute from '../../domain/posting-rules/dispute.ts';
import type { Books } from '../../domain/posting-rules/entry.ts';
import * as fees from '../../domain/posting-rules/fee.ts';
import * as fx from '../../domain/posting-rules/fx.ts';
import { takeParts } from '../../domain/posting-rules/parts.ts';
import { differenceParkedEntry } from '../../domain/posting-rules/provider-suspense.ts';
import * as payout from '../../domain/posting-rules/payout.ts';
import * as refund from '../../domain/posting-rules/refund.ts';
import * as settlement from '../../domain/posting-rules/settlement.ts';
import * as suspense from '../../domain/posting-rules/suspense.ts';
import * as transfer from '../../domain/posting-rules/transfer.ts';
import * as writeOff from '../../domain/posting-rules/write-off.ts';

/** The symbols of the golden files, in minor units. */
export type Legend = Readonly<
  Record<'G' | 'GN' | 'GT' | 'GD' | 'GX' | 'F' | 'R' | 'S' | 'P' | 'N' | 'K' | 'D' | 'U', bigint>
>;

type Sample = (books: Books, m: Legend) => JournalEntry;

const provider = 'alder';
const decision = { reason: 'gone', approver: 'fin_2', provider };
const amendment = { reason: 'typo', approver: 'fin_2' };

const sale = (m: Legend) => ({ id: 'att_1', provider, kind: 'sale' as const, amount: m.G });
const held = (m: Legend) => ({ ...sale(m), kind: 'authorize' as const });
const capture = (m: Legend) => ({ id: 'op_1', amount: m.G });
const refundOperation = (m: Legend) => ({ id: 'op_1', amount: m.R });
const split = (books: Books, m: Legend) => ({
  parts: { net: m.GN, tax: m.GT, deposit: m.GD, excise: m.GX },
  platformFee: books.fundModel === 'own' ? 0n : m.F,
});
const aRefund = (books: Books, m: Legend): refund.Refund => ({
  id: 'ref_1',
  provider,
  parts: takeParts(m.R, split(books, m).parts),
  short: m.S,
});
const aDispute = (m: Legend) => ({ id: 'dp_1', provider, amount: m.K, fee: m.D });
const aFee = (amount: bigint) => ({ provider, batchId: 'batch_7', amount });
const aPayout = (amount: bigint) => ({ id: 'po_1', provider, amount });
const aReserve = (m: Legend) => ({ id: 'rsv_1', provider, amount: m.S });
const aMove = (m: Legend) => ({ id: 'mv_1', amount: m.N });
const aLine = (m: Legend) => ({ id: 'brk_1', provider, amount: m.N });
const found = (m: Legend) => ({
  suspenseKey: 'brk_1/suspense',
  heldFor: provider,
  provider,
  as: '1200' as const,
  amount: m.N,
});
const aConversion = (m: Legend): fx.Conversion => ({
  id: 'batch_7',
  provider,
  charged: m.N,
  settled: m.U,
  settlementCurrency: 'EUR',
});
const aDuplicate = (m: Legend) => ({ provider, reference: 'ch_9', amount: m.G });
const decided = (m: Legend) => ({ ...decision, id: 'case_1', amount: m.S });
const received = (m: Legend) => ({ id: 'in_1', amount: m.S });

const payment: Readonly<Record<string, Sample>> = {
  authorization: (b, m) => authorizationEntry(b, held(m)),
  'authorization raised': (b, m) => incrementEntry(b, held(m), capture(m)),
  'raised authorization released': (b, m) =>
    releaseEntry(b, held(m), m.G, 'op_2', 'op_1/incremented'),
  'void or expiry': (b, m) => releaseEntry(b, held(m), m.G, 'op_1'),
  'rest of a partial capture': (b, m) => releaseEntry(b, held(m), m.G - m.R, 'op_1'),
  'capture of goods alone': (b, m) => captureEntry(b, sale(m), capture(m)),
  'capture with tax, deposit and excise': (b, m) =>
    captureEntry(b, sale(m), capture(m), split(b, m)),
  'capture that failed late': (b, m) => captureFailedEntry(b, sale(m), capture(m), split(b, m)),
  'late sale': (b, m) => suspense.lateSuccessEntry(b, sale(m)),
  'late authorization': (b, m) => suspense.lateSuccessEntry(b, held(m)),
  'late sale returned': (b, m) => suspense.lateSuccessReturnedEntry(b, sale(m), capture(m)),
  'transfer received': (b, m) => transfer.transferReceivedEntry(b, sale(m), capture(m)),
  'transfer applied': (b, m) => transfer.transferAppliedEntry(b, sale(m), capture(m)),
  'transfer returned': (b, m) => transfer.transferReturnedEntry(b, sale(m), capture(m)),
  'late authorization returned': (b, m) =>
    suspense.lateSuccessReturnedEntry(b, held(m), capture(m)),
  'duplicate charge': (b, m) => suspense.duplicateChargeEntry(b, aDuplicate(m)),
  'duplicate charge returned': (b, m) => suspense.duplicateChargeReturnedEntry(b, aDuplicate(m)),
};

const refunds: Readonly<Record<string, Sample>> = {
  'refund in one step': (b, m) => refund.refundEntry(b, sale(m), refundOperation(m)),
  'refund requested': (b, m) => refund.refundRequestedEntry(b, aRefund(b, m)),
  'refund requested of what is not available yet': (b, m) =>
    refund.refundRequestedEntry(b, { ...aRefund(b, m), from: 'captured' }),
  'refund reservation released': (b, m) => refund.refundReservationReleasedEntry(b, aRefund(b, m)),
  'refund accepted': (b, m) => refund.refundAcceptedEntry(b, aRefund(b, m)),
  'refund settled': (b, m) => refund.refundSettledEntry(b, aRefund(b, m)),
  'refund declined before it settled': (b, m) => refund.refundDeclinedEntry(b, aRefund(b, m)),
  'refund that failed after it settled': (b, m) =>
    refund.refundFailedEntry(b, sale(m), refundOperation(m)),
  'owed refund paid': (b, m) => refund.owedRefundPaidEntry(b, refundOperation(m)),
};

const disputes: Readonly<Record<string, Sample>> = {
  'dispute opened': (b, m) => dispute.disputeOpenedEntry(b, aDispute(m)),
  'dispute opened without a fee': (b, m) =>
    dispute.disputeOpenedEntry(b, { ...aDispute(m), fee: 0n }),
  'dispute won': (b, m) => dispute.disputeWonEntry(b, aDispute(m), false),
  'dispute won and fee returned': (b, m) => dispute.disputeWonEntry(b, aDispute(m), true),
  'dispute lost': (b, m) => dispute.disputeLostEntry(b, aDispute(m), m.S),
  'dispute fee charged on': (b, m) => dispute.disputeFeeChargedEntry(b, aDispute(m), 1n),
  'dispute fee given back': (b, m) => dispute.disputeFeeGivenBackEntry(b, aDispute(m)),
  'dispute and refund both paid': (b, m) => dispute.disputeAndRefundPaidEntry(b, aDispute(m), m.S),
  'dispute lost and reopened': (b, m) => dispute.disputeReopenedEntry(b, aDispute(m), m.S),
  'refund paid beside a dispute': (b, m) =>
    dispute.refundBesideDisputePaidEntry(b, aDispute(m), 'ref_1', false),
  'refund paid beside a lost dispute': (b, m) =>
    dispute.refundBesideDisputePaidEntry(b, aDispute(m), 'ref_1', true),
  'double return recovered': (b, m) => dispute.doubleReturnRecoveredEntry(b, aDispute(m), m.S),
};

const settlements: Readonly<Record<string, Sample>> = {
  'provider fee': (b, m) => fees.providerFeeEntry(b, aFee(m.P)),
  'provider fee below zero': (b, m) => fees.providerFeeEntry(b, aFee(-m.P)),
  'provider fee returned with a refund': (b, m) =>
    fees.providerFeeReturnedEntry(b, { id: 'ref_1', provider, fee: m.P }),
  'provider payout announced': (b, m) => settlement.providerPayoutAnnouncedEntry(b, aPayout(m.N)),
  'provider payout below zero announced': (b, m) =>
    settlement.providerPayoutAnnouncedEntry(b, aPayout(-m.N)),
  'bank credit as announced': (b, m) => settlement.bankCreditEntry(b, aPayout(m.N), m.N, 'line_1'),
  'bank credit of less': (b, m) => settlement.bankCreditEntry(b, aPayout(m.N), m.N - 5n, 'line_1'),
  'bank credit of more': (b, m) => settlement.bankCreditEntry(b, aPayout(m.N), m.N + 5n, 'line_1'),
  'bank debit of more than announced': (b, m) =>
    settlement.bankCreditEntry(b, aPayout(-m.N), -m.N - 5n, 'line_1'),
  'provider reserve held': (b, m) => settlement.providerReserveHeldEntry(b, aReserve(m)),
  'provider reserve released': (b, m) => settlement.providerReserveReleasedEntry(b, aReserve(m)),
  'funds available': (b, m) => payout.fundsAvailableEntry(b, aMove(m)),
  'funds taken back': (b, m) => payout.fundsTakenBackEntry(b, aMove(m), m.S),
  'reserve held': (b, m) => payout.reserveHeldEntry(b, aMove(m)),
  'reserve released': (b, m) => payout.reserveReleasedEntry(b, aMove(m)),
  'merchant payout sent': (b, m) => payout.merchantPayoutSentEntry(b, aMove(m)),
  'merchant payout confirmed': (b, m) => payout.merchantPayoutConfirmedEntry(b, aMove(m)),
  'merchant payout failed': (b, m) => payout.merchantPayoutFailedEntry(b, aMove(m)),
  'merchant payout returned': (b, m) => payout.merchantPayoutReturnedEntry(b, aMove(m)),
  'merchant payout paid late': (b, m) => payout.merchantPayoutPaidLateEntry(b, aMove(m), m.S),
  'currency converted': (b, m) => fx.currencyConvertedEntry(b, aConversion(m)),
  'currency realized': (b, m) => fx.currencyRealizedEntry(b, aConversion(m)),
};

const corrections: Readonly<Record<string, Sample>> = {
  'surplus at a provider set aside': (b, m) =>
    differenceParkedEntry(b, { id: 'brk_1', provider, amount: m.S }),
  'shortage at a provider set aside': (b, m) =>
    differenceParkedEntry(b, { id: 'brk_1', provider, amount: -m.S }),
  'unidentified receipt': (b, m) => statement.unidentifiedReceiptEntry(b, aLine(m)),
  'receipt identified': (b, m) => statement.receiptIdentifiedEntry(b, found(m)),
  'receipt identified and booked beside it': (b, m) =>
    statement.receiptIdentifiedEntry(b, { ...found(m), as: '1010' }),
  'outgoing identified and booked beside it': (b, m) =>
    statement.outgoingIdentifiedEntry(b, { ...found(m), as: '1010' }),
  'unidentified outgoing': (b, m) => statement.unidentifiedOutgoingEntry(b, aLine(m)),
  'outgoing identified': (b, m) => statement.outgoingIdentifiedEntry(b, found(m)),
  'bad debt written off': (b, m) => writeOff.badDebtWrittenOffEntry(b, decided(m)),
  'bad debt recovered': (b, m) => writeOff.badDebtRecoveredEntry(b, received(m)),
  'receivable offset': (b, m) => writeOff.receivableOffsetEntry(b, received(m)),
  'receivable credited': (b, m) => writeOff.receivableCreditedEntry(b, received(m)),
  'receivable paid': (b, m) => writeOff.receivablePaidEntry(b, received(m)),
  'shortage written off': (b, m) => writeOff.shortageWrittenOffEntry(b, decided(m)),
  'surplus written off': (b, m) => writeOff.surplusWrittenOffEntry(b, decided(m)),
  'wrong fee reversed': (b, m) => reversalEntry(fees.providerFeeEntry(b, aFee(m.P)), amendment),
  'wrong fee amended': (b, m) =>
    amendmentEntry(
      fees.providerFeeEntry(b, aFee(m.P)),
      fees.providerFeeEntry(b, aFee(m.P + 3n)).postings,
      amendment,
    ),
};

export const samples: Readonly<Record<string, Sample>> = {
  ...payment,
  ...refunds,
  ...disputes,
  ...settlements,
  ...corrections,
};
