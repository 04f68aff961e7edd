/** What the API asks of disputes. */
import type { DisputeFilter, DisputeRow } from '../../db/disputes.ts';
import type { Page, Paged, Principal } from '../ports.ts';

export interface Disputes {
  find(principal: Principal, id: string): Promise<DisputeRow | null>;
  /** Newest first. */
  list(principal: Principal, filter: DisputeFilter, page: Page): Promise<Paged<DisputeRow>>;
}
