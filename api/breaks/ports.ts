/** What the API asks of breaks. Staff only: those of a merchant, and those that nobody could place. */
import type { BreakFilter, BreakLineRow, BreakRow } from '../../db/breaks.ts';
import type { ApprovalRow } from '../../db/approvals.ts';
import type { BreakAction } from '../../domain/breaks.ts';
import type { RefusalCode } from '../../domain/errors.ts';
import type { IdempotencyKey, Page, Paged, Principal } from '../ports.ts';

export type BreakInput =
  | { readonly action: Exclude<BreakAction, 'force_match' | 'amend'> }
  | {
      readonly action: 'force_match';
      readonly reconciliationId?: string | undefined;
      readonly line?: number | undefined;
      readonly subjectIds?: readonly string[] | undefined;
    }
  | {
      readonly action: 'amend';
      /** The wrong one. */
      readonly entryId: string;
      /** The right ones; none: it did not happen. */
      readonly postings: readonly {
        readonly account: string;
        readonly side: 'debit' | 'credit';
        readonly amount: bigint;
        readonly currency: string;
      }[];
    };

export type BreakAsked =
  | { readonly kind: 'not_found' }
  | { readonly kind: 'key_reused' }
  /** Resolved, or noted and still open. */
  | { readonly kind: 'done'; readonly row: BreakRow; readonly replayed: boolean }
  /** Another person decides. */
  | { readonly kind: 'asked'; readonly approval: ApprovalRow }
  | {
      readonly kind: 'refused';
      readonly code: RefusalCode;
      readonly detail: string;
      readonly row: BreakRow;
      readonly replayed: boolean;
    };

export interface BreakItem extends BreakRow {
  readonly listed: BreakLineRow | null;
  /** Ids of journal entries. */
  readonly entries: readonly string[];
}

export interface Breaks {
  /** Null: there is none, or it is another merchant's. */
  find(principal: Principal, id: string): Promise<BreakItem | null>;
  resolve(
    principal: Principal,
    key: IdempotencyKey,
    id: string,
    input: BreakInput,
    by: { readonly actor: string; readonly reason: string },
  ): Promise<BreakAsked>;
  /** Newest first. Null: there is no such reconciliation. */
  list(principal: Principal, filter: BreakFilter, page: Page): Promise<Paged<BreakRow> | null>;
  /** All of them, newest first. Null: there is no such reconciliation. */
  export(principal: Principal, filter: BreakFilter): Promise<AsyncIterable<BreakRow> | null>;
}
