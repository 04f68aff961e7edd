/** What the API asks of the review queue. Staff only. */
import type { ReviewFilter, ReviewRow, ReviewVerdict } from '../../db/reviews.ts';
import type { IdempotencyKey, Page, Paged, Principal } from '../ports.ts';

export type ReviewAnswer =
  | { readonly kind: 'key_reused' }
  | { readonly kind: 'not_found' }
  /** `as_asked`: it is decided as was said, now or before. Else kept under the key as well. */
  | {
      readonly kind: 'as_asked' | 'review_decided' | 'review_lapsed';
      readonly review: ReviewRow;
      readonly replayed: boolean;
    };

export interface Reviews {
  /** Null: there is none, or it is of another merchant. */
  find(principal: Principal, id: string): Promise<ReviewRow | null>;
  /** The greatest risk first, then the oldest. */
  list(principal: Principal, filter: ReviewFilter, page: Page): Promise<Paged<ReviewRow>>;
  decide(
    principal: Principal,
    key: IdempotencyKey,
    id: string,
    verdict: ReviewVerdict,
    by: { readonly actor: string; readonly reason: string },
  ): Promise<ReviewAnswer>;
}
