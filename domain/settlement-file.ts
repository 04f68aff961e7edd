/**
 * What Tender reads out of the files of providers and banks, whatever their format, and why it would take
 * nothing of one. A line is what one row of a file says of our money, never a decision about it.
 */
import type { SettlementSays } from './settlement-evidence.ts';

export const lineKinds = [
  'capture', 'capture_reversal', 'refund', 'refund_reversal', 'dispute', 'dispute_reversal', 'fee',
  'payout', 'collection', 'reserve_hold', 'reserve_release', 'fx', 'adjustment', 'bank_credit',
  'bank_debit', 'unknown',
] as const; // prettier-ignore

export type LineKind = (typeof lineKinds)[number];

/**
 * Amounts are minor units of `currency` by ISO 4217, from our point of view: below zero, taken from us.
 * A payout is above zero, a collection below: together with the other lines of its batch, whose `net` add
 * up to it. `net` is always `gross - fee`; of a line that is a fee itself, the fee is its `gross`.
 */
export interface CanonicalLine {
  /** As counted in the file, from 1; of XML, as counted in its entries. */
  readonly line: number;
  readonly kind: LineKind;
  /** The file's own word, where `kind` is `unknown`. */
  readonly word: string | null;
  /** Ours: the id of an attempt, operation or dispute, or what a bank line says it is about. */
  readonly reference: string | null;
  /** The provider's ids of this movement and of the payment it belongs to. */
  readonly providerReference: string | null;
  readonly parentReference: string | null;
  readonly gross: bigint;
  readonly fee: bigint;
  readonly net: bigint;
  readonly currency: string;
  /** What the payer was charged, where that is another currency. */
  readonly charged: bigint | null;
  readonly chargedCurrency: string | null;
  /** The provider's name for the payout it is part of. */
  readonly batch: string | null;
  /** From or to whom, in a bank's words; null: it does not say. */
  readonly counterparty?: string | null;
  /** Ms since the epoch. */
  readonly occurredAt: number;
}

/** What a whole file says of itself. */
export interface FileSummary {
  /** Its own id; null: it has none. */
  readonly statementId: string | null;
  /** [from, to), ms since the epoch; null: it does not say. */
  readonly span: { readonly from: number; readonly to: number } | null;
  /** What it lists all of over its span; empty: its silence proves nothing. */
  readonly lists: readonly SettlementSays[];
  /** What no other file may tell of again: batches, payouts, days of an account. */
  readonly parts: readonly string[];
  /** Of a bank. */
  readonly statements?: readonly AccountStatement[];
}

/** What was on one account in one currency before [from, to), ms since the epoch, and after it. */
export interface AccountStatement {
  readonly account: string;
  readonly currency: string;
  readonly from: number;
  readonly to: number;
  /** Minor units; below zero: overdrawn. */
  readonly opening: bigint;
  readonly closing: bigint;
}

/** Of one file, as it is received. */
export const fileBytesMax = 512 * 1_024 ** 2;

/** What the files of providers may be. */
export type SettlementFormat =
  | 'adyen_settlement_details'
  | 'cedar_jsonl'
  | 'day_csv'
  | 'day_csv_german'
  | 'stripe_balance_transactions'
  | 'stripe_itemized_csv';

/** Whose files are read, by what they are. */
export const fileSenders: Readonly<Record<'settlement' | 'bank_statement', readonly string[]>> = {
  settlement: ['alder', 'bank', 'birch', 'cedar', 'stripe', 'adyen'],
  bank_statement: ['bank_account'],
};

/** Why a file was refused whole. */
export const refusalReasons = {
  empty: 'there is nothing in it',
  too_large: 'it is larger than a file may be',
  archive: 'it is packed, and what is inside cannot be read, or is not exactly one file',
  zip_bomb: 'unpacked, it would be out of all proportion',
  encoding: 'it is not UTF-8',
  characters: 'a character that no field may have',
  format: 'no format that this provider or bank sends',
  doctype: 'XML with a document type or entities',
  syntax: 'against the rules of its format',
  truncated: 'its end is missing',
  columns: 'columns are missing, given twice, or too many or too few in a row',
  overlong: 'a field or row is longer than it may be',
  formula: 'a cell that a spreadsheet would carry out',
  field: 'a field that must be there is empty, or is not what it can be',
  record: 'a kind of row that this format does not have',
  amount: 'not an amount',
  currency: 'no currency we know, or not the one of its batch',
  exponent: 'not as many decimals as the currency has',
  time: 'not a time, or one that never was',
  order: 'rows are not in the order that the format promises',
  span: 'a movement outside the time that the file covers',
  totals: 'what it lists is not what it says it adds up to',
  continuity: 'opening balance and entries do not give the closing balance',
  duplicate: 'it lists the same movement twice',
  twice: 'another file told of this batch, payout or day before',
} as const;

export type RefusalCode = keyof typeof refusalReasons;

export interface Refusal {
  readonly code: RefusalCode;
  /** As counted in the file, from 1; null: of the whole. */
  readonly line: number | null;
  readonly field: string | null;
  /** What was expected and found. Never a whole row. */
  readonly detail: string;
}
