import { presentInstant } from '../instant.ts';
import type { AccountItem, BalanceItem, JournalEntryItem } from './ports.ts';
import type { AccountView, BalanceView, JournalEntryView } from './schema.ts';

export function presentAccount({
  code,
  name,
  type,
  normal_side,
  must_drain,
}: AccountItem): AccountView {
  return { object: 'account', code, name, type, normal_side, must_drain };
}

/** Available: what is posted, less what pending entries may yet take away; never what they may add. */
export function presentBalance(item: BalanceItem): BalanceView {
  const pending = { debits: item.pending_debits, credits: item.pending_credits };
  const posted = { debits: item.posted_debits, credits: item.posted_credits };
  const [up, down] =
    item.normal_side === 'debit'
      ? (['debits', 'credits'] as const)
      : (['credits', 'debits'] as const);
  const balance = BigInt(posted[up]) - BigInt(posted[down]);
  return {
    account: item.account,
    currency: item.currency,
    pending,
    posted,
    balance: String(balance),
    available: String(balance - BigInt(pending[down])),
  };
}

export function presentJournalEntry(item: JournalEntryItem): JournalEntryView {
  return {
    id: item.id,
    object: 'journal_entry',
    key: item.key,
    event: item.event,
    payment_id: item.payment_id,
    effective_at: presentInstant(item.effective_at),
    recorded_at: presentInstant(item.recorded_at),
    occurred_at: item.occurred_at === null ? null : presentInstant(item.occurred_at),
    state: item.state,
    resolves_id: item.resolves_id,
    reverses_id: item.reverses_id,
    postings: item.postings.map(({ account, provider, side, amount, currency }) => ({
      account,
      provider: provider === '' ? null : provider,
      side,
      amount,
      currency,
    })),
  };
}
