/**
 * The provider port: what Tender asks of the outside, and the only answers it accepts.
 *
 * Outcomes are values, never thrown. Whatever an adapter cannot classify is `unknown`
 * (DESIGN 3, "Provider outcomes"): guessing "failed" is how money is lost, guessing "approved" how
 * it is invented.
 */
import type { Currency } from './currency.ts';
import type { DisputeDesk, DisputeNews } from './provider-disputes.ts';
import type { PaysOut } from './provider-payouts.ts';
import type { PaymentMethodType, ProviderContract } from './provider-contract.ts';

export type { PaymentMethodType, ProviderContract } from './provider-contract.ts';

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
  /** `staff`: two people said it, of what no provider can be made to say. */
  readonly kind: 'provider_reply' | 'lookup' | 'webhook' | 'settlement' | 'staff';
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

/** What only the shopper can do now. */
export type ShopperAction =
  /** A page of the issuer or the bank, that comes back to our return address. */
  | { readonly type: 'redirect'; readonly url: string }
  /** A page on which the shopper agrees to be debited. */
  | { readonly type: 'mandate'; readonly url: string; readonly mandateReference: string }
  /** A transfer the shopper makes; `transferReference` is what the money is known by when it comes. */
  | {
      readonly type: 'bank_instructions';
      readonly iban: string;
      readonly holder: string;
      readonly transferReference: string;
    };

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
      readonly action: ShopperAction;
      readonly evidence: ProviderEvidence;
    }
  /** Certain that nothing left us: connection refused, name not found, our own limiter. */
  | {
      readonly kind: 'not_sent';
      readonly evidence: ProviderEvidence;
      /** The provider asked to be left alone for so long. */
      readonly retryAfterMs?: number;
    }
  /** It may have happened. */
  | {
      readonly kind: 'unknown';
      readonly evidence: ProviderEvidence;
      readonly retryAfterMs?: number;
    };

/** One credit on the account at the provider; two with the same id are the same money. */
export interface Receipt {
  readonly id: string;
  /** Minor units. */
  readonly amountMinor: bigint;
  readonly currency: Currency;
  /** Ms since the epoch, by the provider's clock. */
  readonly at: number;
}

/** What a lookup by our reference says. `absent` is not proof by itself: see `absenceFinalAfterMs`. */
export type LookupResult =
  | {
      readonly kind: 'found';
      readonly outcome: ProviderOutcome;
      /** Of a transfer: all that came for it so far. Absent: not said. */
      readonly receipts?: readonly Receipt[];
    }
  | { readonly kind: 'absent'; readonly evidence: ProviderEvidence }
  /** This provider cannot be asked: says nothing, now or later. */
  | { readonly kind: 'not_supported'; readonly evidence: ProviderEvidence }
  /** The lookup itself got no usable answer: says nothing. */
  | NoAnswer;

export interface NoAnswer {
  readonly kind: 'no_answer';
  readonly evidence: ProviderEvidence;
  /** The provider asked to be left alone for so long. */
  readonly retryAfterMs?: number;
}

/** `confirmed`: nothing under that reference holds or will ever hold money. */
export type VoidByReferenceResult =
  | { readonly kind: 'confirmed'; readonly evidence: ProviderEvidence }
  | { readonly kind: 'refused'; readonly evidence: ProviderEvidence }
  | NoAnswer;

export interface AuthorizeRequest {
  /** Our reference: the attempt id. */
  readonly reference: string;
  readonly idempotencyKey: string;
  readonly amountMinor: bigint;
  readonly currency: Currency;
  readonly method: PaymentMethodType;
  /** Provider token; never card data. Bank methods: what the bank knows the shopper's account or bank by. */
  readonly token: string;
  /** The shopper is not there: nothing may need an action of theirs. */
  readonly offSession: boolean;
  /** The shopper must pass 3-D Secure; only if the contract has `challenges`. */
  readonly challenge: boolean;
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

export interface Authorizes {
  authorize(request: AuthorizeRequest): Promise<ProviderOutcome>;
}
export interface Captures {
  capture(request: OperationRequest): Promise<ProviderOutcome>;
}
export interface Voids {
  void(request: OperationRequest): Promise<ProviderOutcome>;
}
export interface Refunds {
  refund(request: OperationRequest): Promise<ProviderOutcome>;
}

export type LookupKind = 'authorize' | 'capture' | 'void' | 'refund' | 'increment' | 'payout';

/** What is known already of what is looked for. */
export interface LookupHint {
  /** The provider's id of the attempt, also of the one an operation belongs to. */
  readonly providerReference?: string;
}

export interface LooksUp {
  /** Looks up one attempt or operation by our reference. */
  lookup(kind: LookupKind, reference: string, hint?: LookupHint): Promise<LookupResult>;
}

export interface VoidsByReference {
  /** Also fences: a request with that reference that arrives later is refused. */
  voidByReference(reference: string): Promise<VoidByReferenceResult>;
}

export interface Increments {
  /** Raises what the attempt holds by `amountMinor`. */
  increment(request: OperationRequest): Promise<ProviderOutcome>;
}

export interface FinishRequest {
  /** Our reference: the attempt id. */
  readonly reference: string;
  /** One for each thing that is handed over: the same again is the same request. */
  readonly idempotencyKey: string;
  readonly providerReference: string;
  /** What the shopper brought back from the page: an address's query, as it came. */
  readonly returned: string;
}

export interface FinishesActions {
  /**
   * Hands over what the shopper came back with, without which nothing becomes of the payment. May move
   * money, once: safe to repeat under its key. A no is only said of the payment, never of the handing over.
   */
  finishAction(request: FinishRequest): Promise<ProviderOutcome>;
}

export interface AnswersDisputes {
  readonly disputes: DisputeDesk;
}

export interface ReadsWebhooks {
  /** Verifies a webhook's signature over the raw body and reads it; null: forged, stale or not for us. */
  readWebhook(
    rawBody: Buffer,
    headers: Readonly<Record<string, string | undefined>>,
  ): ProviderWebhook | null;
}

/**
 * A provider is what it can do: a capability it lacks is not there, so the compiler refuses a call that
 * nobody would answer. The contract says the same as data (`checkCapabilities` holds the two together).
 */
export interface Provider
  extends
    Authorizes,
    ReadsWebhooks,
    Partial<Captures>,
    Partial<Voids>,
    Partial<Refunds>,
    Partial<LooksUp>,
    Partial<VoidsByReference>,
    Partial<FinishesActions>,
    Partial<AnswersDisputes>,
    Partial<PaysOut>,
    Partial<Increments> {
  readonly contract: ProviderContract;
}

export type Capability = keyof (Authorizes &
  Captures &
  Voids &
  Refunds &
  LooksUp &
  VoidsByReference &
  Increments);
export type ProviderThat<C extends Capability> = Provider & Required<Pick<Provider, C>>;

/** For those who know that it can. Throws where it cannot. */
export function able<C extends Capability>(
  provider: Provider,
  ...capabilities: readonly C[]
): ProviderThat<C> {
  const lacking = capabilities.filter((capability) => provider[capability] === undefined);
  if (lacking.length > 0) throw new Error(`${provider.contract.name} cannot ${lacking.join(', ')}`);
  return provider as ProviderThat<C>;
}

/** A provider's event is a hint where to look, deduplicated by (provider, eventId). */
export interface ProviderWebhook {
  readonly eventId: string;
  readonly type: string;
  /** Our reference: an attempt or operation id. */
  readonly reference: string;
  /** What it says became of it: a hint as well, for a signed event can still be old. */
  readonly claim?: ProviderClaim;
  /** When the provider says it happened, ms since the epoch: when it arrives says nothing. */
  readonly toldAt?: number;
  /** It tells of a dispute over what `reference` names: a fact of its own, and no hint. */
  readonly dispute?: DisputeNews;
  /** It tells that a settlement report is out: `reference` is its id at the source of them. */
  readonly announcesReport?: true;
}

export interface ProviderClaim {
  readonly kind: LookupKind;
  readonly outcome: ProviderOutcome;
}
