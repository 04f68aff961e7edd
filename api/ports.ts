/**
 * What the API asks of the rest of Tender. Each command is one transaction (idempotency key and rows),
 * a start or signal, and a wait of at most `waitMs` for a clear state. Implemented outside `api/`,
 * put together in `api/server.ts`; everything sees only the principal's merchant.
 */
import type { NoCode, RefusalCode } from '../domain/errors.ts';
import type { PaymentMethod } from '../domain/payment-state.ts';
import type { PaymentStatus } from '../domain/payment.ts';
import type { OutboxRow } from '../db/events.ts';
import type { PaymentSnapshot } from '../db/snapshot.ts';
import type { FieldError } from './http-errors.ts';
import type { Audit } from './audit/ports.ts';
import type { Breaks } from './breaks/ports.ts';
import type { Approvals } from './approvals/ports.ts';
import type { Doubts } from './doubt/ports.ts';
import type { Customers } from './customers/ports.ts';
import type { Disputes } from './disputes/ports.ts';
import type { Books, Ledger } from './ledger/ports.ts';
import type { Payouts } from './payouts/ports.ts';
import type { PaymentMethods } from './payment-methods/ports.ts';
import type { Reviews } from './reviews/ports.ts';
import type { Risk } from './risk/ports.ts';
import type { Reconciliations } from './reconciliations/ports.ts';
import type { Routing } from './routing/ports.ts';
import type { Settings } from './settings/ports.ts';
import type { VerifiedMoney } from './verified-money/ports.ts';
import type { WebhookEvents } from './webhook-events/ports.ts';

/** `payments:cancel` is a part of `payments:write` that support staff have by itself. */
export const scopes = [
  'payments:read',
  'payments:write',
  'payments:cancel',
  'refunds:write',
  'ledger:read',
  'ledger:close',
  'events:read',
  'routing:read',
  'routing:write',
  'routing:approve',
  'risk:read',
  'risk:write',
  'risk:approve',
  'risk:lists',
  'reviews:read',
  'reviews:decide',
  'settings:read',
  'settings:write',
  'settings:approve',
  'payments:resolve',
  'approvals:read',
  'approvals:decide',
  'breaks:read',
  'breaks:resolve',
  'reconciliations:read',
  'reconciliations:write',
  'payouts:read',
  'payouts:write',
  'audit:read',
] as const;
export type Scope = (typeof scopes)[number];

export interface Principal {
  readonly merchantId: string;
  readonly mode: 'test' | 'live';
  readonly scopes: readonly Scope[];
  readonly actor: { readonly kind: 'api_key' | 'staff'; readonly id: string };
  /** Staff: whose keys these are; merchants' systems share one space of idempotency keys. */
  readonly person?: string;
  /** Staff: the X-Reason header, for the record. */
  readonly reason?: string;
}

export interface Principals {
  /** Null: no such key, or revoked. */
  byApiKey(sha256: Buffer): Promise<Principal | null>;
  merchantExists(merchantId: string): Promise<boolean>;
}

export interface IdempotencyKey {
  readonly key: string;
  /** SHA-256 in hex over mode, method, path and canonical body. */
  readonly fingerprint: string;
  readonly method: string;
  readonly path: string;
}

export interface CreatePayment {
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly captureMethod: 'automatic' | 'manual';
  readonly paymentMethod: PaymentMethod;
  readonly merchantReference?: string | undefined;
  readonly customerId?: string | undefined;
  readonly customer?:
    { readonly email?: string | undefined; readonly name?: string | undefined } | undefined;
  readonly shopper?:
    { readonly ip?: string | undefined; readonly deviceId?: string | undefined } | undefined;
  readonly offSession?: boolean | undefined;
  readonly save?: boolean | undefined;
  readonly submitWithinMs?: number | undefined;
  readonly regulated?: Readonly<Record<string, unknown>> | undefined;
  readonly returnUrl?: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface CaptureInput {
  readonly amountMinor?: bigint | undefined;
  readonly final?: boolean | undefined;
}

export interface RefundInput {
  readonly amountMinor?: bigint | undefined;
  readonly reason: string;
}

export interface CommandAnswer {
  readonly kind: 'answer';
  readonly status: 200 | 201 | 202 | 402 | 409;
  readonly resource: 'payment' | 'operation' | 'refund' | 'dispute';
  /** Of the payment, operation or answer asked for; a refused operation (409) was never written. */
  readonly resourceId: string;
  /** Frozen with the first clear answer, so that a repeat reads the same for ever. */
  readonly snapshot: PaymentSnapshot;
  /** With 402 and 409. */
  readonly code?: NoCode | RefusalCode;
  readonly detail?: string;
  readonly replayed: boolean;
}

export type CommandResult =
  | CommandAnswer
  | { readonly kind: 'key_reused' }
  | { readonly kind: 'not_found' }
  /** A field names something that is not this merchant's: 400, nothing written, the key unused. */
  | { readonly kind: 'invalid'; readonly errors: readonly FieldError[] };

export interface Page {
  readonly limit: number;
  /** The last item of the page before: an id, of a timeline its sequence number. */
  readonly after?: string | undefined;
}

export interface Paged<T> {
  /** At most `limit`. */
  readonly items: readonly T[];
  readonly hasMore: boolean;
}

export interface PaymentFilter {
  readonly merchantReference?: string | undefined;
  readonly status?: PaymentStatus | undefined;
  /** RFC 3339. */
  readonly createdAfter?: string | undefined;
  readonly createdBefore?: string | undefined;
}

export interface TimelineItem {
  readonly sequence: number;
  /** RFC 3339 with microseconds, as hashed. */
  readonly at: string;
  readonly actor: string;
  readonly kind: string;
  readonly from_status: string | null;
  readonly to_status: string | null;
  readonly evidence: Readonly<Record<string, unknown>>;
  /** Hex. */
  readonly previous_hash: string;
  readonly hash: string;
}

type Command<Input> = (
  principal: Principal,
  key: IdempotencyKey,
  paymentId: string,
  input: Input,
  waitMs: number,
) => Promise<CommandResult>;

export interface Payments {
  create(
    principal: Principal,
    key: IdempotencyKey,
    input: CreatePayment,
    waitMs: number,
  ): Promise<CommandResult>;
  readonly addAttempt: Command<{ readonly paymentMethod: PaymentMethod }>;
  readonly capture: Command<CaptureInput>;
  readonly cancel: Command<{ readonly reason?: string | undefined }>;
  readonly refund: Command<RefundInput>;
  readonly increment: Command<{ readonly amountMinor: bigint }>;
  readonly reauthorize: Command<{ readonly amountMinor: bigint | undefined }>;
  find(principal: Principal, paymentId: string): Promise<PaymentSnapshot | null>;
  /** Newest first. */
  list(principal: Principal, filter: PaymentFilter, page: Page): Promise<Paged<PaymentSnapshot>>;
  /** Oldest first; null: no such payment. */
  timeline(
    principal: Principal,
    paymentId: string,
    page: Page,
  ): Promise<Paged<TimelineItem> | null>;
  /** The payment whose operation of kind refund has this id. */
  findRefund(principal: Principal, refundId: string): Promise<PaymentSnapshot | null>;
}

export type Instant = Date | string;

/** A row of the outbox; `object` is the payment, break or file at that moment. */
export interface EventItem extends Omit<OutboxRow, 'created_at'> {
  readonly created_at: Instant;
}

export interface Events {
  /** Newest first. */
  list(
    principal: Principal,
    filter: { readonly type?: string | undefined },
    page: Page,
  ): Promise<Paged<EventItem>>;
}

export interface ProviderWebhooks {
  /**
   * Verifies the signature over the raw body and commits to the inbox before it answers.
   * `unknown_provider` and `refused` (forged, stale, not for us) leave no trace.
   */
  receive(
    provider: string,
    rawBody: Buffer,
    headers: Readonly<Record<string, string | undefined>>,
  ): Promise<'accepted' | 'refused' | 'unknown_provider'>;
}

export interface Returns {
  /**
   * Keeps what the shopper brought back (an address's query, null: nothing), wakes the payment of this
   * attempt and waits for news; null: no such token.
   */
  arrive(
    attemptToken: string,
    returned: string | null,
    waitMs: number,
  ): Promise<{ readonly paymentId: string; readonly returnUrl: string | null } | null>;
}

export interface Health {
  /** What a request needs, by name: `{ database: true, temporal: false }`. */
  check(): Promise<Readonly<Record<string, boolean>>>;
  /** Prometheus text. */
  metrics?(): Promise<string>;
}

export interface SandboxClock {
  setOffset(seconds: number): Promise<void>;
}

export interface Ports {
  readonly principals: Principals;
  readonly payments: Payments;
  readonly approvals: Approvals;
  readonly doubts: Doubts;
  readonly settings: Settings;
  readonly customers: Customers;
  readonly disputes: Disputes;
  readonly paymentMethods: PaymentMethods;
  readonly ledger: Ledger;
  readonly books: Books;
  readonly breaks: Breaks;
  readonly reconciliations: Reconciliations;
  readonly payouts: Payouts;
  readonly verifiedMoney: VerifiedMoney;
  readonly audit: Audit;
  readonly events: Events;
  readonly webhookEvents: WebhookEvents;
  readonly webhooks: ProviderWebhooks;
  readonly returns: Returns;
  readonly health: Health;
  readonly routing: Routing;
  readonly risk: Risk;
  readonly reviews: Reviews;
}
