/** Automatic payouts and what each is made of: a payout per day that is over and currency, newest first. */
import type { Context } from '../context.ts';
import type { Json } from '../http/reply.ts';
import { batchesOf, linesOf, payoutsOf } from '../settlement/batches.ts';
import type { Line, Payout } from '../settlement/batches.ts';
import { closedDays, dayMs } from '../settlement/days.ts';
import { stripeContract as contract } from './contract.ts';
import { showAmount } from './form.ts';
import { presentCharge, presentRefund } from './present.ts';

/** Of all days that are over, newest first. */
export function listPayouts(context: Context): readonly Payout[] {
  const days = closedDays(context);
  const [from, last] = [days[0], days.at(-1)];
  if (from === undefined || last === undefined) return [];
  return payoutsOf(batchesOf(context.store, contract.name, from, last + dayMs)).toReversed();
}

/** It is on the bank account by the end of the day after the one it pays. */
export function presentPayout({ clock }: Context, payout: Payout): Json {
  const { id, amount, currency, paidAt } = payout;
  return {
    id,
    object: 'payout',
    amount: showAmount(Number(amount), currency),
    arrival_date: paidAt / 1_000,
    automatic: true,
    balance_transaction: transactionIdOf(id),
    created: paidAt / 1_000,
    currency: currency.toLowerCase(),
    description: 'STRIPE PAYOUT',
    livemode: false,
    metadata: {},
    method: 'standard',
    reconciliation_status: 'completed',
    source_type: 'card',
    status: clock.now() >= paidAt + dayMs ? 'paid' : 'in_transit',
    type: 'bank_account',
  };
}

function transactionIdOf(id: string): string {
  return `txn_${id.replace(/^(?:pi|ch)_/, 'ch_')}`;
}

interface Transaction {
  readonly id: string;
  readonly type: 'charge' | 'refund' | 'payout';
  readonly category: string;
  readonly amount: number;
  readonly fee: number;
  readonly currency: string;
  readonly at: number;
  readonly source: string;
  readonly expanded: Json | null;
}

/** Of a part of what was authorized Stripe books all of it, and the rest back: together they are what was captured. */
function transactionsOf(context: Context, line: Line): readonly Transaction[] {
  const { authorizations, operations } = context.store;
  const { movementId, currency, bookedAt: at } = line;
  const [amount, fee] = [Number(line.amount), Number(line.fee)];
  const id = transactionIdOf(movementId);
  if (line.type === 'refund') {
    const refund = operations.find(movementId);
    const expanded = refund === undefined ? null : presentRefund(refund);
    const money = { amount, fee, currency, at };
    return [{ id, type: 'refund', category: 'refund', ...money, source: movementId, expanded }];
  }
  const row = authorizations.find(line.parentId === '' ? movementId : line.parentId);
  if (row === undefined) throw new Error(`nothing was authorized for ${movementId}`);
  const charge = presentCharge(context, row);
  const of = { currency, at, source: String(charge?.['id']), expanded: charge };
  const whole = { id, type: 'charge', category: 'charge', amount: row.amount, fee, ...of } as const;
  if (row.amount === amount) return [whole];
  const rest = { amount: amount - row.amount, fee: 0, ...of };
  const category = 'partial_capture_reversal';
  return [whole, { id: `${id}_rest`, type: 'refund', category, ...rest }];
}

function presentTransaction(transaction: Transaction, paidAt: number, isExpanded: boolean): Json {
  const { amount, fee, currency, at, expanded, source } = transaction;
  const lower = currency.toLowerCase();
  const shown = showAmount(fee, currency);
  const details = { amount: shown, application: null, currency: lower, description: 'Stripe fee' };
  return {
    id: transaction.id,
    object: 'balance_transaction',
    amount: showAmount(amount, currency),
    available_on: paidAt / 1_000,
    created: Math.floor(at / 1_000),
    currency: lower,
    description: null,
    exchange_rate: null,
    fee: shown,
    fee_details: fee === 0 ? [] : [{ ...details, type: 'stripe_fee' }],
    net: showAmount(amount - fee, currency),
    reporting_category: transaction.category,
    source: isExpanded && expanded !== null ? expanded : source,
    status: 'available',
    type: transaction.type,
  };
}

/** The payout itself is one of them: all together come to nothing. */
export function listTransactions(
  context: Context,
  payout: Payout,
  isExpanded: boolean,
): readonly Json[] {
  const { id, amount, currency, paidAt, batch } = payout;
  const lines = linesOf(context.store, contract.name, batch.day).filter(
    (line) => line.currency === currency,
  );
  const all: readonly Transaction[] = [
    ...lines.flatMap((line) => transactionsOf(context, line)),
    {
      ...{ id: transactionIdOf(id), type: 'payout', category: 'payout', fee: 0, currency },
      ...{ amount: -Number(amount), at: paidAt, source: id },
      expanded: presentPayout(context, payout),
    },
  ];
  return all.map((one) => presentTransaction(one, paidAt, isExpanded)).reverse();
}
