import type { MerchantBalanceRow } from '../../db/merchant-balances.ts';
import type { StatementFigures, StatementRow } from '../../db/merchant-statement.ts';
import type { PayoutRow } from '../../db/payouts.ts';
import { payableOf } from '../../domain/payout.ts';
import type { CsvCell } from '../csv.ts';
import { presentInstant } from '../instant.ts';
import { minorUnits } from '../minor-units.ts';
import type { StatementExport } from './ports.ts';
import type { BalanceView, MovementView, PayoutView, StatementView } from './schema.ts';

export function presentPayout(row: PayoutRow): PayoutView {
  const { provider, last4, holder } = row.destination;
  const { kind, detail } = row.basis;
  return {
    ...{ id: row.id, object: 'payout', merchant_id: row.merchant_id, status: row.status },
    ...{ amount: minorUnits(BigInt(row.amount)), currency: row.currency },
    destination: { provider, last4, holder },
    ...{ provider_reference: row.provider_reference, failure_code: row.failure_code },
    ...{ turn: row.turn, requested_by: row.requested_by, status_basis: { kind, detail } },
    paid_at: row.paid_at === null ? null : presentInstant(row.paid_at),
    created_at: presentInstant(row.created_at),
    updated_at: presentInstant(row.updated_at),
  };
}

export function presentBalance(row: MerchantBalanceRow): BalanceView['data'][number] {
  const payable = payableOf({
    available: BigInt(row.available),
    held: BigInt(row.held),
    negative: BigInt(row.negative),
  });
  return { ...row, payable: String(payable) };
}

export function presentStanding(figures: StatementFigures): StatementView['opening'] {
  const { pending, available, reserved, in_payout, negative } = figures;
  return { pending, available, reserved, in_payout, negative, total: String(totalOf(figures)) };
}

function totalOf(figures: StatementFigures): bigint {
  const { pending, available, reserved, in_payout: inPayout, negative } = figures;
  const has = BigInt(pending) + BigInt(available) + BigInt(reserved) + BigInt(inPayout);
  return has - BigInt(negative);
}

export function presentMovement(row: StatementRow): MovementView {
  const total = totalOf(row);
  return {
    ...{ journal_entry_id: row.id, type: row.event, reference: referenceOf(row) },
    payment_id: row.payment_id,
    at: presentInstant(row.recorded_at),
    effective_at: presentInstant(row.effective_at),
    ...{ gross: String(total + BigInt(row.fee)), fee: row.fee, ...presentStanding(row) },
  };
}

/** Whose entry it is: the operation, dispute, payout … that its key begins with. */
function referenceOf({ key }: StatementRow): string {
  return key.split('/')[0] ?? key;
}

const columns = [
  ...[
    'line',
    'at',
    'effective_at',
    'type',
    'reference',
    'payment_id',
    'journal_entry_id',
    'gross',
    'fee',
  ],
  ...['pending', 'available', 'reserved', 'in_payout', 'negative', 'total', 'currency'],
];

const cells = (figures: StatementFigures): readonly CsvCell[] => {
  const { pending, available, reserved, in_payout, negative, total } = presentStanding(figures);
  return [pending, available, reserved, in_payout, negative, total];
};

/** Opening, every movement, closing: each column adds up. */
export async function* statementRows(
  statement: StatementExport,
  { from, currency }: { readonly from: string; readonly currency: string },
): AsyncGenerator<readonly CsvCell[]> {
  const standing = (line: string, at: string, figures: StatementFigures): readonly CsvCell[] => [
    ...[line, presentInstant(at), null, null, null, null, null, null, null],
    ...[...cells(figures), currency],
  ];
  yield columns;
  yield standing('opening', from, statement.opening);
  for await (const row of statement.movements) {
    const m = presentMovement(row);
    yield [
      ...['movement', m.at, m.effective_at, m.type, m.reference, m.payment_id],
      ...[m.journal_entry_id, m.gross, m.fee, ...cells(row), currency],
    ];
  }
  yield standing('closing', statement.to, statement.closing);
}
