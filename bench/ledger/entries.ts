/** What is posted: entries of two postings between accounts, which differ by their provider. */
import { newId } from '../../runtime/ids.ts';

export const merchantId = 'mer_bench';
export const coldAccounts = 2_000;
export const hotAccounts = 5;

export type Shape = 'cold' | 'hot' | 'mix';

function credited(shape: Shape): string {
  if (shape === 'hot') return 'hot0';
  if (shape === 'mix' && Math.random() < 0.8) {
    return `hot${String(Math.floor(Math.random() * hotAccounts))}`;
  }
  return `cold${String(Math.floor(Math.random() * coldAccounts))}`;
}

/** As `post_entries` takes them. */
export function batchOf(shape: Shape, size: number): string {
  const entries = Array.from({ length: size }, () => {
    const line = { amount: String(1 + Math.floor(Math.random() * 10_000)), currency: 'USD' };
    const debited = `cold${String(Math.floor(Math.random() * coldAccounts))}`;
    return {
      ...{ merchant_id: merchantId, key: newId('key'), event: 'bench', state: 'posted' },
      postings: [
        { ...line, account: '1100', provider: debited, side: 'debit' },
        { ...line, account: '2100', provider: credited(shape), side: 'credit' },
      ],
    };
  });
  return JSON.stringify(entries);
}
