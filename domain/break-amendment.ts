/** A wrong entry, mirrored, and the right one in its place: a pair that moves exactly what the break is about. */
import { accountByCode, accounts, type AccountCode, type Side } from './accounts.ts';
import { differenceOf, type BreakState, type Decided } from './break-state.ts';
import type { RefusalCode } from './errors.ts';
import type { JournalEntry, Posting } from './journal-entry.ts';
import { amendmentEntry, reversalEntry } from './posting-rules/amendment.ts';
import type { Books } from './posting-rules/entry.ts';

export interface Amended {
  readonly wrong: JournalEntry & { readonly paymentId: string | null };
  /** Empty: it did not happen at all. */
  readonly right: readonly {
    readonly account: string;
    readonly side: Side;
    readonly amount: bigint;
    readonly currency: string;
  }[];
}

type Judged =
  | { readonly kind: 'refused'; readonly code: RefusalCode; readonly detail: string }
  | { readonly kind: 'amended'; readonly entries: readonly JournalEntry[] };

/** What an amendment of a payment may never say: what the bank has, and what is on its way there. */
const elsewhere: readonly AccountCode[] = ['1010', '1200'];

export function judgeAmendment(
  found: BreakState,
  { wrong, right }: Amended,
  books: Books,
  { reason, approvedBy }: Decided,
): Judged {
  const postings = right.flatMap((line) => posting(line, found.provider, books));
  const fault = faultOf(found, wrong, right.length, postings);
  if (fault !== null) return { kind: 'refused', code: 'amendment_not_possible', detail: fault };
  const why = { reason, approver: approvedBy ?? '' };
  const reversal = { ...reversalEntry(wrong, why), key: `${found.id}/reversed` };
  const amendment = { ...amendmentEntry(wrong, postings, why), key: `${found.id}/amended` };
  return { kind: 'amended', entries: postings.length === 0 ? [reversal] : [reversal, amendment] };
}

function posting(
  { account, side, amount, currency }: Amended['right'][number],
  provider: string,
  { fundModel }: Books,
): Posting[] {
  const known = accounts.find(({ code }) => code === account);
  if (known === undefined) return [];
  const { perProvider, fundModels } = accountByCode(known.code);
  if (!fundModels.includes(fundModel)) return [];
  return [{ account: known.code, provider: perProvider ? provider : '', side, amount, currency }];
}

function faultOf(
  found: BreakState,
  wrong: Amended['wrong'],
  given: number,
  right: readonly Posting[],
): string | null {
  const all = [...wrong.postings, ...right];
  if (found.kind === 'amount' && found.inSuspense === 0n)
    return 'Its file is not in the books yet.';
  if (wrong.state !== 'posted') return 'What is only held is released, not amended.';
  if (wrong.paymentId !== found.paymentId) return 'That entry is not of the payment concerned.';
  if (right.length !== given) return 'An account is not in the chart of these books.';
  if (right.some(({ amount }) => amount <= 0n)) return 'Amounts are above zero.';
  if (all.some(({ currency }) => currency !== found.currency)) return 'It stays in one currency.';
  if (all.some((p) => p.provider !== '' && p.provider !== found.provider)) {
    return 'That entry is of another provider.';
  }
  if (right.reduce((sum, p) => sum + signed(p), 0n) !== 0n) return 'It does not balance.';
  const moved = (codes: readonly AccountCode[]): bigint =>
    net(right, codes) - net(wrong.postings, codes);
  if (elsewhere.some((code) => moved([code]) !== 0n)) return 'The bank is amended by nobody.';
  const isParked = found.inSuspense !== 0n;
  const difference = differenceOf(found);
  const from = isParked ? (difference < 0n ? '1900' : '2900') : '1100';
  const fits = (['1100', '1900', '2900'] as const).every(
    (code) => moved([code]) === (code === from ? difference : 0n),
  );
  return fits ? null : `Together they must move ${String(difference)} of ${from}, and no more.`;
}

function signed({ side, amount }: Pick<Posting, 'side' | 'amount'>): bigint {
  return side === 'debit' ? amount : -amount;
}

function net(postings: readonly Posting[], codes: readonly AccountCode[]): bigint {
  return postings
    .filter(({ account }) => codes.includes(account))
    .reduce((sum, p) => sum + signed(p), 0n);
}
