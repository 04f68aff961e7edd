/** What the API asks of the books: reading as one merchant, and what staff do with all of them. */
import type { EntryFilter } from '../../db/ledger.ts';
import type { Instant, Page, Paged, Principal } from '../ports.ts';

export interface AccountItem {
  readonly code: string;
  readonly name: string;
  readonly type: string;
  readonly normal_side: 'debit' | 'credit';
  readonly must_drain: boolean;
}

/** Sums are decimal strings of minor units, never negative. */
export interface BalanceItem {
  readonly account: string;
  readonly normal_side: 'debit' | 'credit';
  readonly currency: string;
  readonly pending_debits: string;
  readonly pending_credits: string;
  readonly posted_debits: string;
  readonly posted_credits: string;
}

export interface BalanceFilter {
  readonly account: string;
  readonly currency: string;
  /** Absent: the sum over all providers. */
  readonly provider?: string | undefined;
  /** Recorded time, RFC 3339; absent: now. */
  readonly asOf?: string | undefined;
  /** Effective time: only what had happened before. */
  readonly effectiveBefore?: string | undefined;
}

export type TrialBalanceFilter = Pick<BalanceFilter, 'asOf' | 'effectiveBefore'>;

export interface JournalEntryItem {
  readonly id: string;
  readonly key: string;
  readonly event: string;
  readonly payment_id: string | null;
  readonly effective_at: Instant;
  readonly recorded_at: Instant;
  /** The true date of a fact whose period was closed. */
  readonly occurred_at: Instant | null;
  readonly state: 'pending' | 'posted';
  readonly resolves_id: string | null;
  readonly reverses_id: string | null;
  readonly postings: readonly {
    readonly account: string;
    readonly provider: string;
    readonly side: 'debit' | 'credit';
    readonly amount: number;
    readonly currency: string;
  }[];
}

export interface Ledger {
  accounts(principal: Principal): Promise<readonly AccountItem[]>;
  /** Zeros for an account without postings; null: no such account. */
  balance(principal: Principal, filter: BalanceFilter): Promise<BalanceItem | null>;
  /** Newest first. */
  journalEntries(
    principal: Principal,
    filter: EntryFilter,
    page: Page,
  ): Promise<Paged<JournalEntryItem>>;
  /** All of them, newest first, page by page. */
  exportEntries(principal: Principal, filter: EntryFilter): AsyncIterable<JournalEntryItem>;
  /** One line per account and currency that has postings, summed over providers. */
  trialBalance(
    principal: Principal,
    filter: TrialBalanceFilter,
  ): Promise<{ readonly asOf: string; readonly balances: readonly BalanceItem[] }>;
}

export interface CloseItem {
  readonly period: string;
  readonly kind: 'day' | 'month';
  readonly starts_at: Instant;
  readonly ends_at: Instant;
  readonly as_of: Instant;
  readonly closed_at: Instant;
  readonly closed_by: string;
  readonly reason: string;
  readonly entries: string;
  readonly chain_head: string | null;
  readonly open_alarms: string;
  readonly unknown_count: string;
  readonly unknown_exposure: Readonly<Record<string, string>>;
}

export interface AlarmItem {
  readonly id: string;
  readonly proof: string;
  readonly what: string;
  readonly raised_at: Instant;
}

/** Acts of staff on the books of the whole installation. */
export interface Books {
  /** `2026-11-25` or `2026-11`; null: it is not over, or not settled yet. */
  close(period: string, actor: string, reason: string): Promise<CloseItem | null>;
  openAlarms(): Promise<readonly AlarmItem[]>;
  /** False: there is no such open alarm. */
  acknowledge(alarmId: string, actor: string, reason: string): Promise<boolean>;
}
