/** The books as tables: an entry is a row per posting, a trial balance a row per balance. */
import type { CsvCell } from '../csv.ts';
import type { JournalEntryItem } from './ports.ts';
import { presentJournalEntry } from './presenter.ts';
import type { BalanceView } from './schema.ts';

const entryColumns = [
  ...['id', 'key', 'event', 'payment_id', 'effective_at', 'recorded_at', 'occurred_at', 'state'],
  ...['resolves_id', 'reverses_id', 'account', 'provider', 'side', 'amount', 'currency'],
];

export async function* entryRows(
  items: AsyncIterable<JournalEntryItem>,
): AsyncGenerator<readonly CsvCell[]> {
  yield entryColumns;
  for await (const item of items) {
    const e = presentJournalEntry(item);
    for (const p of e.postings) {
      yield [
        ...[e.id, e.key, e.event, e.payment_id, e.effective_at, e.recorded_at, e.occurred_at],
        ...[e.state, e.resolves_id, e.reverses_id],
        ...[p.account, p.provider, p.side, p.amount, p.currency],
      ];
    }
  }
}

export function balanceRows(
  asOf: string,
  balances: readonly BalanceView[],
): (readonly CsvCell[])[] {
  return [
    [
      ...['as_of', 'account', 'currency', 'pending_debits', 'pending_credits'],
      ...['posted_debits', 'posted_credits', 'balance', 'available'],
    ],
    ...balances.map(({ account, currency, pending, posted, balance, available }) => [
      ...[asOf, account, currency, pending.debits, pending.credits],
      ...[posted.debits, posted.credits, balance, available],
    ]),
  ];
}
