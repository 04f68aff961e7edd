import type { BreakLineRow, BreakRow } from '../../db/breaks.ts';
import { actionsOf } from '../../domain/breaks.ts';
import type { CsvCell } from '../csv.ts';
import { presentInstant } from '../instant.ts';
import type { BreakItem } from './ports.ts';
import type { BreakView, BreakWithEvidenceView } from './schema.ts';

export function presentBreak(row: BreakRow): BreakView {
  const { expected = null, found = null, step } = row.detail;
  return {
    ...{ object: 'break', id: row.id, kind: row.kind, status: row.status, provider: row.provider },
    ...{ reconciliation_id: row.reconciliation_id, line: row.line, payment_id: row.payment_id },
    ...{ subject_id: row.subject_id, merchant_id: row.merchant_id },
    ...{ amount: row.amount, currency: row.currency, expected, found },
    step: typeof step === 'string' ? step : null,
    suggested_actions: row.status === 'open' ? [...actionsOf(row.kind)] : [],
    resolution: row.resolution === null ? null : { ...row.resolution },
    previous_id: row.previous_id,
    opened_at: presentInstant(row.opened_at),
    resolved_at: row.resolved_at === null ? null : presentInstant(row.resolved_at),
    age_seconds: row.age_seconds,
  };
}

export function presentBreakItem({ listed, entries, ...row }: BreakItem): BreakWithEvidenceView {
  return {
    ...presentBreak(row),
    settlement_line: listed === null ? null : presentLine(listed),
    detail: { ...row.detail },
    journal_entry_ids: [...entries],
  };
}

function presentLine(line: BreakLineRow): NonNullable<BreakWithEvidenceView['settlement_line']> {
  return { ...line, occurred_at: presentInstant(line.occurred_at) };
}

const columns = [
  ...['id', 'kind', 'status', 'provider', 'reconciliation_id', 'line', 'merchant_id', 'payment_id'],
  ...['subject_id', 'amount', 'currency', 'expected', 'found', 'step', 'opened_at', 'age_days'],
  ...['resolved_at', 'action', 'reason', 'resolved_by', 'approved_by'],
];
const daySeconds = 86_400;

export async function* breakRows(
  rows: AsyncIterable<BreakRow>,
): AsyncGenerator<readonly CsvCell[]> {
  yield columns;
  for await (const row of rows) {
    const view = presentBreak(row);
    const { action, reason, by, approved_by: approvedBy } = view.resolution ?? {};
    yield [
      ...[view.id, view.kind, view.status, view.provider, view.reconciliation_id, view.line],
      ...[view.merchant_id, view.payment_id, view.subject_id, view.amount, view.currency],
      ...[cell(view.expected), cell(view.found), view.step, view.opened_at],
      ...[Math.floor(view.age_seconds / daySeconds), view.resolved_at],
      ...[cell(action), cell(reason), cell(by), cell(approvedBy)],
    ];
  }
}

function cell(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
