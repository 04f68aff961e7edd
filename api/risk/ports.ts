/** What the API asks of risk: rules of the installation (merchant id null) and of merchants, and lists. Staff only. */
import type { ApprovalRow } from '../../db/approvals.ts';
import type { ListEntryFilter, ListEntryRow } from '../../db/risk-lists.ts';
import type { RiskRulesVersion } from '../../db/risk-rules.ts';
import type { DryRun } from '../../domain/risk/dry-run.ts';
import type { FactType } from '../../domain/risk/facts.ts';
import type { EntityKind, ListName, RiskScope } from '../../domain/risk/lists.ts';
import type { RiskRule } from '../../domain/risk/rules.ts';
import type { ReportWanted, RiskReport } from './report.ts';
import type { FieldError } from '../http-errors.ts';
import type { IdempotencyKey, Page, Paged, Principal } from '../ports.ts';

interface Act {
  readonly actor: string;
  readonly reason: string;
}

export interface ListEntryInput {
  readonly scope: RiskScope;
  readonly list: ListName;
  readonly entity: EntityKind;
  /** As it is written, or that of a payment. */
  readonly named: { readonly value: string } | { readonly paymentId: string };
  readonly expiresAt: string | null;
}

export type EntryAdded =
  | { readonly kind: 'key_reused' }
  /** 400, nothing written, the key unused. */
  | { readonly kind: 'invalid'; readonly errors: readonly FieldError[] }
  | {
      readonly kind: 'added' | 'already_listed';
      readonly entry: ListEntryRow;
      readonly replayed: boolean;
    };

export interface Risk {
  /** All that rules may name. */
  readonly facts: ReadonlyMap<string, FactType>;
  /** The newest without a version; null: there is no such one. */
  readRules(merchantId: string | null, version?: number): Promise<RiskRulesVersion | null>;
  /** Newest first. */
  listRules(merchantId: string | null, page: Page): Promise<Paged<RiskRulesVersion>>;
  /** Tried on past decisions, and in force once another person has approved it. Null: `expected` is not the newest version any more. */
  askForRules(
    merchantId: string | null,
    expected: number,
    rules: readonly RiskRule[],
    by: Act,
  ): Promise<ApprovalRow | null>;
  /** On the newest decisions, `limit` at most. */
  dryRun(merchantId: string | null, rules: readonly RiskRule[], limit: number): Promise<DryRun>;
  /** As whoever approves the rules sees it. Null: there is no such request. */
  findDryRun(principal: Principal, approvalId: string): Promise<DryRun | null>;
  /** How risk was judged in these days, and how well as far as that is known. */
  report(merchantId: string | null, wanted: ReportWanted): Promise<RiskReport>;
  /** Newest first. */
  listEntries(
    merchantId: string | null,
    list: ListName,
    filter: ListEntryFilter,
    page: Page,
  ): Promise<Paged<ListEntryRow>>;
  addEntry(
    principal: Principal,
    key: IdempotencyKey,
    input: ListEntryInput,
    by: Act,
  ): Promise<EntryAdded>;
  /** Removed before: as it is. Null: there is no such one in this scope. */
  removeEntry(
    merchantId: string | null,
    list: ListName,
    id: string,
    by: Act,
  ): Promise<ListEntryRow | null>;
}
