/** What the API asks of disputes. */
import type { DisputeRow } from '../../db/dispute-rows.ts';
import type { DisputeFilter } from '../../db/disputes.ts';
import type { DisputeEvidence } from '../../domain/provider-disputes.ts';
import type { CommandResult, IdempotencyKey, Page, Paged, Principal } from '../ports.ts';

export interface DisputeAnswerInput {
  readonly kind: 'accept' | 'evidence';
  readonly evidence: DisputeEvidence;
}

export interface Disputes {
  find(principal: Principal, id: string): Promise<DisputeRow | null>;
  /** Newest first. */
  list(principal: Principal, filter: DisputeFilter, page: Page): Promise<Paged<DisputeRow>>;
  answer(
    principal: Principal,
    key: IdempotencyKey,
    disputeId: string,
    input: DisputeAnswerInput,
    waitMs: number,
  ): Promise<CommandResult>;
}
