import { randomInt } from 'node:crypto';
import type { Context } from '../context.ts';
import { newProviderId } from '../processor/ids.ts';
import { declinedBody } from '../processor/result.ts';
import type { Result } from '../processor/result.ts';
import type { BankMethod, BankPaymentRow } from '../store/bank.ts';
import { findAccount } from './accounts.ts';
import { bankContract } from './contract.ts';
import { submitted } from './moves.ts';
import { presentPayment } from './present.ts';

/** How long a shopper may take on the bank's page. */
const pageLifeMs = 60 * 60 * 1_000;

export interface BankOrder {
  readonly key: string;
  readonly reference: string;
  readonly amount: number;
  readonly currency: string;
  readonly method: BankMethod;
  readonly token: string;
  /** The shopper is not there to open a page. */
  readonly offSession: boolean;
  readonly returnUrl: string | null;
}

function decide(
  context: Context,
  order: BankOrder,
): Pick<BankPaymentRow, 'status' | 'decline_code'> {
  if (order.method !== 'bank_debit') {
    return order.offSession
      ? { status: 'declined', decline_code: 'payer_needed' }
      : { status: 'requires_action', decline_code: null };
  }
  const account = findAccount(context, order.token);
  if (account === null) return { status: 'declined', decline_code: 'invalid_token' };
  if (account.debit === 'refused') return { status: 'declined', decline_code: 'account_closed' };
  if (account.mandated) return { status: 'pending', decline_code: null };
  return order.offSession
    ? { status: 'declined', decline_code: 'mandate_required' }
    : { status: 'requires_action', decline_code: null };
}

/** What payers type: short, without signs that look alike. */
function newTransferReference(): string {
  const signs = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
  const drawn = Array.from({ length: 12 }, () => signs[randomInt(signs.length)]).join('');
  return `SBX-${drawn}`;
}

/** One debit, redirect or expected transfer, inside the caller's transaction. */
export function pay(context: Context, order: BankOrder): Result {
  const { store, clock } = context;
  const now = clock.now();
  const decision = decide(context, order);
  const waitsForPage = decision.status === 'requires_action' && order.method !== 'bank_transfer';
  const fresh: BankPaymentRow = {
    id: newProviderId(bankContract, 'authorization'),
    reference: order.reference,
    key: order.key,
    method: order.method,
    amount: order.amount,
    currency: order.currency,
    token: order.token,
    ...decision,
    received: 0,
    refunded: 0,
    return_url: order.returnUrl,
    transfer_reference: order.method === 'bank_transfer' ? newTransferReference() : null,
    created_at: now,
    expires_at: waitsForPage ? now + pageLifeMs : null,
    next_at: null,
    next_status: null,
  };
  const row = fresh.status === 'pending' ? submitted(context, fresh, now) : fresh;
  store.bank.payments.put(row);
  const body = presentPayment(row, [], now, context.publicUrl());
  if (row.status !== 'declined') return { status: 200, body };
  return { status: 402, body: declinedBody(row.decline_code ?? 'declined', body) };
}
