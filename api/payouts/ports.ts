/** What the API asks about a merchant's own money. */
import type { MerchantBalanceRow } from '../../db/merchant-balances.ts';
import type { StatementFigures, StatementRow } from '../../db/merchant-statement.ts';
import type { PayoutFilter, PayoutRefusal, PayoutRow } from '../../db/payouts.ts';
import type { IdempotencyKey, Page, Paged, Principal } from '../ports.ts';

export interface PayoutInput {
  readonly currency: string;
  /** Null: all that may be paid. */
  readonly amountMinor: bigint | null;
}

export type PayoutAsked =
  | { readonly kind: 'key_reused' }
  /** As it stands now. */
  | { readonly kind: 'asked'; readonly row: PayoutRow; readonly replayed: boolean }
  | { readonly kind: 'refused'; readonly code: PayoutRefusal; readonly replayed: boolean };

export interface StatementQuery {
  readonly currency: string;
  readonly from: string;
  /** Not within; absent: all that is settled by now. */
  readonly to?: string | undefined;
}

export interface Statement {
  readonly to: string;
  readonly opening: StatementFigures;
  readonly closing: StatementFigures;
  readonly movements: Paged<StatementRow>;
}

export interface StatementExport extends Omit<Statement, 'movements'> {
  readonly movements: AsyncIterable<StatementRow>;
}

export interface Payouts {
  balances(principal: Principal): Promise<readonly MerchantBalanceRow[]>;
  request(principal: Principal, key: IdempotencyKey, input: PayoutInput): Promise<PayoutAsked>;
  /** Null: there is none, or it is another merchant's. */
  find(principal: Principal, id: string): Promise<PayoutRow | null>;
  /** Newest first. */
  list(principal: Principal, filter: PayoutFilter, page: Page): Promise<Paged<PayoutRow>>;
  /** Oldest first. */
  statement(principal: Principal, query: StatementQuery, page: Page): Promise<Statement>;
  exportStatement(principal: Principal, query: StatementQuery): Promise<StatementExport>;
}
