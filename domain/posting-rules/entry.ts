/** How every rule builds its entry: lines of amounts in, checked postings out. */
import { accountByCode, type AccountCode, type FundModel, type Side } from '../accounts.ts';
import type { JournalEntry, Posting } from '../journal-entry.ts';
import type { JournalEvent } from './events.ts';

/** Whose books, and in which currency. A payment is one of these. */
export interface Books {
  readonly fundModel: FundModel;
  readonly currency: string;
}

/** An amount of zero is left out, so a rule need not ask whether there is, say, a fee. */
export type Line = readonly [account: AccountCode, amount: bigint, currency?: string];

interface Draft extends Omit<JournalEntry, 'event' | 'state' | 'postings'> {
  readonly event: JournalEvent;
  readonly state?: JournalEntry['state'];
  readonly provider?: string;
  readonly debits: readonly Line[];
  readonly credits: readonly Line[];
}

export function entry(books: Books, draft: Draft): JournalEntry {
  const { debits, credits, provider = '', event, state = 'posted', ...rest } = draft;
  const side = (lines: readonly Line[], name: Side): Posting[] =>
    lines.flatMap((line) => posting(books, line, name, provider));
  const postings = [...side(debits, 'debit'), ...side(credits, 'credit')];
  assertBalanced(draft.key, postings);
  return { ...rest, event, state, postings };
}

function posting(books: Books, line: Line, side: Side, provider: string): Posting[] {
  const [code, amount, currency = books.currency] = line;
  const { fundModels, perProvider } = accountByCode(code);
  if (amount === 0n) return [];
  if (amount < 0n) throw new RangeError(`${code} cannot be posted ${amount}`);
  if (!fundModels.includes(books.fundModel)) {
    throw new RangeError(`the books of fund model ${books.fundModel} have no account ${code}`);
  }
  return [{ account: code, provider: perProvider ? provider : '', side, amount, currency }];
}

function assertBalanced(key: string, postings: readonly Posting[]): void {
  const net = new Map<string, bigint>();
  for (const { currency, side, amount } of postings) {
    net.set(currency, (net.get(currency) ?? 0n) + (side === 'debit' ? amount : -amount));
  }
  if (postings.length < 2 || [...net.values()].some((sum) => sum !== 0n)) {
    throw new RangeError(`journal entry ${key} moves nothing or does not balance`);
  }
}

/** Where what was captured stands until it is available. */
export function earned({ fundModel }: Books): AccountCode {
  return fundModel === 'own' ? '4000' : '2100';
}
