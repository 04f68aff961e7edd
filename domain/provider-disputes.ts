/** The provider port of disputes: what is told of them, and how they are answered. */
import type { NoAnswer, ProviderEvidence, ProviderOutcome } from './provider.ts';

/** All that is known of a dispute comes with each event of it, so whichever comes first is enough. */
export interface DisputeNews {
  readonly what: 'opened' | 'won' | 'lost';
  /** 1 unless the other side came again after a decision: a second chargeback, a pre-arbitration. */
  readonly round?: number;
  /** The provider's id of the dispute. */
  readonly providerReference: string;
  readonly amountMinor: bigint;
  /** What the provider keeps for it. */
  readonly feeMinor: bigint;
  /** With `won` only: the fee came back too. */
  readonly feeReturned: boolean;
  readonly currency: string;
  readonly reason: string;
  /** Until when it may be answered, ISO 8601. */
  readonly dueBy: string;
}

/** What a merchant has to say against a dispute: text, and where documents are to be found. Never card data. */
export interface DisputeEvidence {
  readonly explanation?: string;
  readonly productDescription?: string;
  readonly customerCommunication?: string;
  readonly shippingCarrier?: string;
  readonly shippingTrackingNumber?: string;
  /** ISO 8601 date. */
  readonly serviceDate?: string;
  readonly refundPolicy?: string;
  /** Addresses of documents, for whoever judges to open. */
  readonly documentUrls?: readonly string[];
}

export interface DisputeAnswerRequest {
  /** Our reference: the answer's id. */
  readonly reference: string;
  readonly idempotencyKey: string;
  /** The provider's id of the dispute. */
  readonly providerReference: string;
  readonly evidence: DisputeEvidence;
}

export type DisputeAnswerOutcome =
  | { readonly kind: 'taken'; readonly evidence: ProviderEvidence }
  /** A definite no: it was not taken, and by no repeat will be. `code`: the provider's own. */
  | { readonly kind: 'refused'; readonly code: string; readonly evidence: ProviderEvidence }
  | Extract<ProviderOutcome, { readonly kind: 'not_sent' | 'unknown' }>;

export type DisputeLook =
  | {
      readonly kind: 'found';
      readonly status: 'needs_response' | 'under_review' | 'accepted' | 'won' | 'lost';
      /** Our references of what has arrived. */
      readonly answers: readonly string[];
      readonly evidence: ProviderEvidence;
    }
  | NoAnswer;

/** A provider through which disputes are answered; others have none of it. */
export interface DisputeDesk {
  /** Gives it up, for ever. Moves no money by itself: the provider tells of that. */
  accept(request: DisputeAnswerRequest): Promise<DisputeAnswerOutcome>;
  /** Once for each dispute. */
  submitEvidence(request: DisputeAnswerRequest): Promise<DisputeAnswerOutcome>;
  look(providerReference: string): Promise<DisputeLook>;
}
