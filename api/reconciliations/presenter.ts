import type {
  ReconciliationItem,
  ReconciliationLine,
  ReconciliationRow,
} from '../../db/reconciliation-views.ts';
import type { CsvCell } from '../csv.ts';
import { presentInstant } from '../instant.ts';
import type {
  ReconciliationItemView,
  ReconciliationLineView,
  ReconciliationView,
} from './schema.ts';

const orNull = (at: string | null): string | null => (at === null ? null : presentInstant(at));

export function presentReconciliation(row: ReconciliationRow): ReconciliationView {
  return {
    ...{ object: 'reconciliation', id: row.id, provider: row.provider, kind: row.kind },
    ...{ status: row.status, format: row.format, file_name: row.file_name, sha256: row.sha256 },
    bytes: row.source_bytes,
    refusal: row.refusal as ReconciliationView['refusal'],
    statement_id: row.statement_id,
    ...{ covers_from: orNull(row.covers_from), covers_to: orNull(row.covers_to) },
    ...{ line_count: row.line_count, totals: { ...row.totals }, open_breaks: row.open_breaks },
    ...{ requested_by: row.requested_by, received_at: presentInstant(row.received_at) },
    ...{ imported_at: orNull(row.imported_at), matched_at: orNull(row.matched_at) },
    ...{ posted_at: orNull(row.posted_at), completed_at: orNull(row.completed_at) },
  };
}

export function presentReconciliationItem(row: ReconciliationItem): ReconciliationItemView {
  const { matched_lines, breaks, entries } = row;
  return { ...presentReconciliation(row), matched_lines, breaks, entries };
}

export function presentLine(row: ReconciliationLine): ReconciliationLineView {
  const { reconciliation_id: _, occurred_at: at, matches, break_ids, ...line } = row;
  return {
    ...{ object: 'settlement_line', ...line, occurred_at: presentInstant(at) },
    ...{ matches: [...matches], break_ids: [...break_ids] },
  };
}

const columns = [
  ...[
    'line',
    'kind',
    'word',
    'reference',
    'provider_reference',
    'parent_reference',
    'gross',
    'fee',
  ],
  ...['net', 'currency', 'charged', 'charged_currency', 'batch', 'occurred_at', 'matched', 'tier'],
  ...['payment_id', 'breaks'],
];

export async function* lineRows(
  rows: AsyncIterable<ReconciliationLine>,
): AsyncGenerator<readonly CsvCell[]> {
  yield columns;
  for await (const row of rows) {
    const l = presentLine(row);
    const each = (of: (match: (typeof l.matches)[number]) => string | number | null): string =>
      [...new Set(l.matches.map(of))].join(' ');
    yield [
      ...[l.line, l.kind, l.word, l.reference, l.provider_reference, l.parent_reference],
      ...[l.gross, l.fee, l.net, l.currency, l.charged, l.charged_currency, l.batch, l.occurred_at],
      ...[each((m) => m.subject_id), each((m) => m.tier), each((m) => m.payment_id)],
      l.break_ids.join(' '),
    ];
  }
}
