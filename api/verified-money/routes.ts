/** How much of what moved is accounted for, by day, provider and currency. */
import type { VerifiedRow } from '../../db/verified-money.ts';
import type { Currency } from '../../domain/currency.ts';
import { verifiedShare } from '../../domain/verified-money.ts';
import type { CsvCell } from '../csv.ts';
import { readRoute, type Route } from '../route.ts';
import { requireStaff } from '../staff-act.ts';
import type { VerifiedMoney } from './ports.ts';
import { verifiedMoneyQuery, verifiedMoneySchema, type VerifiedView } from './schema.ts';

export function verifiedMoneyRoutes(verified: VerifiedMoney): readonly Route[] {
  return [
    readRoute(
      {
        tag: 'Reconciliation',
        scopes: ['breaks:read'],
        path: '/v1/verified_money',
        operationId: 'listVerifiedMoney',
        summary:
          'What moved and how much of it is accounted for, newest day first; 31 days at most',
        csv: true,
        query: verifiedMoneyQuery,
        answers: {
          200: { description: 'By day, provider and currency', schema: verifiedMoneySchema },
        },
      },
      async ({ principal, query, asCsv }) => {
        requireStaff(principal);
        const data = (await verified.list(principal, query)).map(presentVerified);
        return asCsv ? { rows: verifiedRows(data) } : { status: 200, body: { data } };
      },
    ),
  ];
}

function presentVerified({ currency, ...row }: VerifiedRow): VerifiedView {
  const share = verifiedShare(BigInt(row.matched) + BigInt(row.explained), BigInt(row.total));
  return { ...row, currency: currency as Currency, share };
}

const columns = [
  ...(['day', 'provider', 'currency', 'total', 'matched', 'explained', 'open', 'waiting'] as const),
  'share' as const,
];

function* verifiedRows(data: readonly VerifiedView[]): Generator<readonly CsvCell[]> {
  yield columns;
  for (const row of data) yield columns.map((column) => row[column]);
}
