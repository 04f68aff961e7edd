/**
 * The provider port: what Tender asks of the outside, and the only answers it accepts.
 *
 * Outcomes are values, never thrown. Whatever an adapter cannot classify is `unknown`
 * (DESIGN 3, "Provider outcomes"): guessing "failed" is how money is lost, guessing "approved" how
 * it is invented.
 */
import type { Currency } from './currency.ts';

export type DeclineAdvice = 'do_not_retry' | 'retry_later' | 'update_card' | 'try_another_method';

/** A definite no, in our words and in the provider's. */
export interface Decline {
  /** Normalised, lower snake_case, one of those in `domain/messages.ts`. */
  readonly code: string;
  readonly advice: DeclineAdvice;
  /** The provider's own code, for the merchant's eyes only. */
  readonly providerCode: string;
}

/** Where an outcome comes from: kept with every transition (promise P7). */
export interface ProviderEvidence {
  readonly kind: 'provider_reply' | 'lookup' | 'webhook';
  readonly provider: string;
  /** HTTP status, provider code, error name: whatever was seen. Never card data. */
  readonly detail: string;
  readonly providerReference?: string;
}

/** What may be shown of a card: never more. */
export interface CardFacts {
  readonly brand: string;
  readonly last4: string;
}

export interface Approved {
  readonly kind: 'approved';
  readonly providerReference: string;
  /** Minor units the provider says it moved or reserved; compared with what we asked for. */
  readonly amountMinor: bigint;
  readonly currency: Currency;
  /** True when the funds are captured as well (a sale). */
  readonly captured: boolean;
  readonly card?: CardFacts;
  readonly evidence: ProviderEvidence;
}

export type ProviderOutcome =
  | Approved
  /** Accepted; the provider will tell later. Not in doubt. */
  | {
      readonly kind: 'pending';
      readonly providerReference: string;
      readonly evidence: ProviderEvidence;
    }
  | {
      readonly kind: 'declined';
      readonly decline: Decline;
      readonly providerReference?: string;
      readonly evidence: ProviderEvidence;
    }
  | {
      readonly kind: 'requires_action';
      readonly providerReference: string;
      readonly redirectUrl: string;
      readonly evidence: ProviderEvidence;
    }
  /** Certain that nothing left us: connection refused, name not found, our own limiter. */
  | { readonly kind: 'not_sent'; readonly evidence: ProviderEvidence }
  /** It may have happened. */
  | { readonly kind: 'unknown'; readonly evidence: ProviderEvidence };

/** What a lookup by our reference says. `absent` is not proof by itself: see `absenceFinalAfterMs`. */
export type LookupResult =
  | { readonly kind: 'found'; readonly outcome: ProviderOutcome }
  | { readonly kind: 'absent'; readonly evidence: ProviderEvidence }
  /** The lookup itself got no usable answer: says nothing. */
  | { readonly kind: 'no_answer'; readonly evidence: ProviderEvidence };

/** `confirmed`: nothing under that reference holds or will ever hold money. */
export type VoidByReferenceResult =
  | { readonly kind: 'confirmed'; readonly evidence: ProviderEvidence }
  | { readonly kind: 'refused'; readonly evidence: ProviderEvidence }
  | { readonly kind: 'no_answer'; readonly evidence: ProviderEvidence };

/** What a provider promises, as data; durations in milliseconds. */
export interface ProviderContract {
  readonly name: string;
  readonly methods: readonly string[];
  /** One call may authorize and capture. */
  readonly sale: boolean;
  readonly partialCapture: boolean;
  readonly multipleCaptures: boolean;
  readonly voidByReference: boolean;
  /** How long the provider remembers an idempotency key; a resend is safe only inside half of it. */
  readonly keyLifeMs: number;
  /** Same key after an error reply: does the provider repeat the stored error or try again? */
  readonly errorsCached: boolean;
  /** A negative lookup older than this (since `send_by`) is final; null: never. */
  readonly absenceFinalAfterMs: number | null;
  /** Lookups that say nothing count only this long after `send_by`. */
  readonly settlingMs: number;
  readonly authorizationLifeMs: number;
  /** HTTP deadline of one call. */
  readonly deadlineMs: number;
}

export interface AuthorizeRequest {
  /** Our reference: the attempt id. */
  readonly reference: string;
  readonly idempotencyKey: string;
  readonly amountMinor: bigint;
  readonly currency: Currency;
  /** Provider token; never card data. */
  readonly token: string;
  /** Authorize and capture in one call; only if the contract has `sale`. */
  readonly capture: boolean;
  /** Where a 3-D Secure or bank page sends the shopper back to. */
  readonly returnUrl?: string;
}

export interface OperationRequest {
  /** Our reference: the operation id. */
  readonly reference: string;
  readonly idempotencyKey: string;
  /** Reference of the attempt this capture, void or refund belongs to. */
  readonly attemptReference: string;
  /** The provider's id of that attempt. */
  readonly providerReference: string;
  readonly amountMinor: bigint;
  readonly currency: Currency;
  /** Captures: nothing more will be captured after this one. */
  readonly final: boolean;
}

export interface Provider {
  readonly contract: ProviderContract;
  authorize(request: AuthorizeRequest): Promise<ProviderOutcome>;
  capture(request: OperationRequest): Promise<ProviderOutcome>;
  void(request: OperationRequest): Promise<ProviderOutcome>;
  refund(request: OperationRequest): Promise<ProviderOutcome>;
  /** Looks up one attempt or operation by our reference. */
  lookup(
    kind: 'authorize' | 'capture' | 'void' | 'refund',
    reference: string,
  ): Promise<LookupResult>;
  /** Only if the contract has `voidByReference`. Also fences: a request with that reference that arrives later is refused. */
  voidByReference(reference: string): Promise<VoidByReferenceResult>;
  /** Verifies a webhook's signature over the raw body and reads it; null: forged, stale or not for us. */
  readWebhook(
    rawBody: Buffer,
    headers: Readonly<Record<string, string | undefined>>,
  ): ProviderWebhook | null;
}

/** A provider's event is a hint where to look, deduplicated by (provider, eventId). */
export interface ProviderWebhook {
  readonly eventId: string;
  readonly type: string;
  /** Our reference: an attempt or operation id. */
  readonly reference: string;
}
