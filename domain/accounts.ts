/** The chart of accounts (reliability.md 7.2, as far as the posting rules of today use it). */

export type AccountType = 'asset' | 'liability' | 'equity' | 'income' | 'expense';
export type Side = 'debit' | 'credit';

export interface Account {
  readonly code: string;
  readonly name: string;
  readonly type: AccountType;
  readonly normalSide: Side;
  /** Must come back to zero: what stands here waits for something. */
  readonly mustDrain: boolean;
}

export const accounts = [
  {
    code: '1100',
    name: 'Provider receivable',
    type: 'asset',
    normalSide: 'debit',
    mustDrain: false,
  },
  {
    code: '2100',
    name: 'Merchant payable, not yet available',
    type: 'liability',
    normalSide: 'credit',
    mustDrain: false,
  },
  {
    code: '2150',
    name: 'Refunds owed to customers',
    type: 'liability',
    normalSide: 'credit',
    mustDrain: false,
  },
  {
    code: '2900',
    name: 'Unidentified receipts',
    type: 'liability',
    normalSide: 'credit',
    mustDrain: true,
  },
  { code: '4000', name: 'Sales revenue', type: 'income', normalSide: 'credit', mustDrain: false },
] as const satisfies readonly Account[];

export type AccountCode = (typeof accounts)[number]['code'];
