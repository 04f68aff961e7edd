/** What the API asks of approvals. Staff only: whoever may decide is judged by role, here by person. */
import type { ApprovalFilter, ApprovalRow } from '../../db/approvals.ts';
import type { RefusalCode } from '../../domain/errors.ts';
import type { IdempotencyKey, Page, Paged, Principal } from '../ports.ts';

export type Verdict = 'approve' | 'reject';

export type DecisionResult =
  | { readonly kind: 'key_reused' }
  | { readonly kind: 'decided'; readonly approval: ApprovalRow; readonly replayed: boolean }
  /** Kept under the key, like every clear answer; the approval as it stood. */
  | {
      readonly kind: 'refused';
      readonly code: RefusalCode;
      readonly detail: string;
      readonly approval: ApprovalRow;
      readonly replayed: boolean;
    };

export interface Approvals {
  /** Null: there is none, or it is of another merchant. */
  find(principal: Principal, id: string): Promise<ApprovalRow | null>;
  /** Newest first. */
  list(principal: Principal, filter: ApprovalFilter, page: Page): Promise<Paged<ApprovalRow>>;
  /** One transaction: key, decision and all that follows from it. */
  decide(
    principal: Principal,
    key: IdempotencyKey,
    approval: ApprovalRow,
    verdict: Verdict,
    decidedBy: string,
  ): Promise<DecisionResult>;
}
