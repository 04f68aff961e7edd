import type { ListEntryRow } from '../../db/risk-lists.ts';
import type { RiskRulesVersion } from '../../db/risk-rules.ts';
import type { DryRun } from '../../domain/risk/dry-run.ts';
import { presentInstant } from '../instant.ts';
import type { EntryView } from './list-schema.ts';
import type { DryRunView, RiskRulesView } from './rule-schema.ts';

export function presentRiskRules(
  scope: RiskRulesView['scope'],
  { rules, written_at: at, ...row }: RiskRulesVersion,
): RiskRulesView {
  return {
    object: 'risk_rules',
    scope,
    version: row.version,
    // As they were validated when they were written.
    rules: rules as RiskRulesView['rules'],
    written_at: at === null ? null : presentInstant(at),
    written_by: row.written_by,
    approved_by: row.approved_by,
    approval_id: row.approval_id,
    reason: row.reason,
  };
}

export function presentDryRun({ decisions, rules, changes, disputes }: DryRun): DryRunView {
  const { total, caughtBefore, caughtAfter } = disputes;
  return {
    object: 'risk_dry_run',
    decisions,
    rules: rules.map(({ id, hits, decided, disputedHits }) => ({
      id,
      hits,
      hit_rate: decisions === 0 ? 0 : hits / decisions,
      decided,
      disputed_hits: disputedHits,
    })),
    changes: [...changes],
    disputes: {
      total,
      caught_before: caughtBefore,
      caught_after: caughtAfter,
      share_caught_after: total === 0 ? null : caughtAfter / total,
    },
  };
}

export function presentEntry({ merchant_id: merchantId, ...row }: ListEntryRow): EntryView {
  const instant = (at: string | null): string | null => (at === null ? null : presentInstant(at));
  return {
    object: 'risk_list_entry',
    id: row.id,
    scope: merchantId === null ? 'global' : 'merchant',
    list: row.list,
    entity: row.entity,
    value: row.value,
    reason: row.reason,
    added_by: row.added_by,
    added_at: presentInstant(row.added_at),
    expires_at: instant(row.expires_at),
    removed_at: instant(row.removed_at),
    removed_by: row.removed_by,
    removal_reason: row.removal_reason,
  };
}
