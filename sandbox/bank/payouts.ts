/** Money that our client sends to somebody else's account: taken at once, there a day later, or back after that. */
import type { Context } from '../context.ts';
import { newProviderId } from '../processor/ids.ts';
import { declinedBody, lateAfterMs } from '../processor/result.ts';
import type { Lateness, Result } from '../processor/result.ts';
import type { BankPayoutRow } from '../store/bank.ts';
import { findAccount } from './accounts.ts';
import { bankContract } from './contract.ts';
import { payoutTakesMs } from './moves.ts';
import { presentPayout } from './present.ts';

export interface PayoutOrder {
  readonly key: string;
  readonly reference: string;
  readonly account: string;
  readonly amount: number;
  readonly currency: string;
}

type Course = Pick<BankPayoutRow, 'status' | 'decline_code' | 'next_at' | 'next_status'>;

function courseOf(context: Context, order: PayoutOrder, lateness: Lateness): Course {
  const account = findAccount(context, order.account);
  const now = context.clock.now();
  const refused = (decline_code: string, next: Partial<Course> = {}): Course => ({
    ...{ status: 'declined', decline_code, next_at: null, next_status: null, ...next },
  });
  if (account === null) return refused('invalid_account');
  if (account.payout === 'refused') return refused('account_closed');
  if (lateness === 'late_success') {
    return refused('processing_error', { next_at: now + lateAfterMs, next_status: 'succeeded' });
  }
  const fails = account.payout === 'fails' || lateness === 'late_failure';
  return {
    ...{ status: 'pending', decline_code: null, next_at: now + payoutTakesMs },
    next_status: fails ? 'declined' : 'succeeded',
  };
}

export function payOut(context: Context, order: PayoutOrder, lateness: Lateness): Result {
  const { key, reference, account, amount, currency } = order;
  const row: BankPayoutRow = {
    ...{ id: newProviderId(bankContract, 'payout'), reference, key, account, amount, currency },
    ...{ created_at: context.clock.now(), ...courseOf(context, order, lateness) },
  };
  context.store.bank.payouts.put(row);
  const body = presentPayout(row);
  if (row.decline_code === null) return { status: 200, body };
  const result = { status: 402, body: declinedBody(row.decline_code, body) };
  return row.next_at === null ? result : { ...result, kept: true };
}
