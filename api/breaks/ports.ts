/** What the API asks of breaks. Staff only: those of a merchant, and those that nobody could place. */
import type { BreakFilter, BreakLineRow, BreakRow } from '../../db/breaks.ts';
import type { Page, Paged, Principal } from '../ports.ts';

export interface BreakItem extends BreakRow {
  readonly listed: BreakLineRow | null;
  /** Ids of journal entries. */
  readonly entries: readonly string[];
}

export interface Breaks {
  /** Null: there is none, or it is another merchant's. */
  find(principal: Principal, id: string): Promise<BreakItem | null>;
  /** Newest first. Null: there is no such reconciliation. */
  list(principal: Principal, filter: BreakFilter, page: Page): Promise<Paged<BreakRow> | null>;
  /** All of them, newest first. Null: there is no such reconciliation. */
  export(principal: Principal, filter: BreakFilter): Promise<AsyncIterable<BreakRow> | null>;
}
