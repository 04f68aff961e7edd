/** What the API asks about outcomes that nobody knows. */
import type { ApprovalRow } from '../../db/approvals.ts';
import type { DoubtRow, DoubtTotal } from '../../db/doubts.ts';
import type { PaymentSnapshot } from '../../db/snapshot.ts';
import type { RefusalCode } from '../../domain/errors.ts';
import type { ForcedResolution } from '../../domain/forced-resolution.ts';
import type { FieldError } from '../http-errors.ts';
import type { IdempotencyKey, Page, Paged, Principal } from '../ports.ts';

export interface ResolutionInput extends ForcedResolution {
  /** Of the attempt or operation. */
  readonly subjectId: string;
  readonly amountMinor?: bigint | undefined;
}

export type ResolutionAsked =
  | { readonly kind: 'key_reused' }
  | { readonly kind: 'not_found' }
  /** 400, nothing written, the key unused. */
  | { readonly kind: 'invalid'; readonly errors: readonly FieldError[] }
  | {
      readonly kind: 'refused';
      readonly code: RefusalCode;
      readonly detail: string;
      readonly snapshot: PaymentSnapshot;
      readonly replayed: boolean;
    }
  /** As it is now, also for a repeat. */
  | { readonly kind: 'asked'; readonly approval: ApprovalRow };

/** All doubts of one payment. */
export type DoubtedPayment = readonly [DoubtRow, ...DoubtRow[]];

export interface Doubts {
  /** Newest payment first; the totals are of everything in doubt. */
  list(
    principal: Principal,
    page: Page,
  ): Promise<{
    readonly page: Paged<DoubtedPayment>;
    readonly totals: readonly DoubtTotal[];
  }>;
  /** Asks for a second person; one request at a time about one thing. */
  resolve(
    principal: Principal,
    key: IdempotencyKey,
    paymentId: string,
    input: ResolutionInput,
    by: { readonly actor: string; readonly reason: string },
  ): Promise<ResolutionAsked>;
}
