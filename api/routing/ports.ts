/** What the API asks of routing. Rules are of the whole installation, routes of one merchant's payment. */
import type { ApprovalRow } from '../../db/approvals.ts';
import type { PaymentMethod } from '../../domain/payment-state.ts';
import type { ProviderContract } from '../../domain/provider.ts';
import type { StoredRules } from '../../domain/routing-rules.ts';
import type { ProviderHealth, Route } from '../../domain/routing.ts';
import type { Instant, Page, Paged, Principal } from '../ports.ts';

export interface RulesItem {
  readonly version: number;
  readonly rules: StoredRules;
  readonly written_at: Instant;
  readonly written_by: string;
  readonly reason: string;
  readonly approved_by: string | null;
}

export interface PreviewInput {
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly captureMethod: 'automatic' | 'manual';
  readonly paymentMethod: PaymentMethod;
}

export interface ProviderItem {
  readonly contract: ProviderContract;
  readonly capabilities: readonly string[];
  readonly health: ProviderHealth;
  readonly opening: {
    readonly since: string | null;
    readonly reason: string;
    readonly retryInMs: number;
  } | null;
  readonly leftAloneMs: number;
}

export interface Routing {
  readonly providerNames: readonly string[];
  /** The newest without a version; null: there is no such one. */
  readRules(version?: number): Promise<RulesItem | null>;
  /** Newest first. */
  listRules(page: Page): Promise<Paged<RulesItem>>;
  /** In force once another person has approved it. Null: `expected` is not the newest version any more. */
  askForRules(
    expected: number,
    rules: StoredRules,
    actor: string,
    reason: string,
  ): Promise<ApprovalRow | null>;
  /** Of a payment that is there, or one that might be; null: there is no such payment. No side effects. */
  preview(principal: Principal, asked: PreviewInput | string): Promise<Route | null>;
  /** As this process sees them. */
  providers(): readonly ProviderItem[];
}
