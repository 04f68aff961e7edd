/** What becomes of a payment at the bank, and when. Each move is booked and told in its own transaction. */
import type { Context } from '../context.ts';
import type { BankOperationRow, BankPaymentRow, BankPayoutRow, BankStatus } from '../store/bank.ts';
import { enqueueEvent } from '../webhooks/events.ts';
import type { EnqueuedEvent } from '../webhooks/events.ts';
import { findAccount } from './accounts.ts';

const day = 24 * 3_600 * 1_000;

/** From submission until a debit is paid or refused. */
export const debitTakesMs = 3 * day;
/** From the payment of a debit until its payer has it taken back. */
const returnedAfterMs = 7 * day;
/** Of a redirect whose bank does not say at once. */
export const redirectTakesMs = day;
export const refundTakesMs = day;
export const payoutTakesMs = day;
const payoutReturnsAfterMs = 3 * day;
const payoutCodes = {
  ...{ pending: null, succeeded: null },
  ...{ declined: 'account_closed', returned: 'payout_returned' },
} as const;

/** Told whenever the bank knows something that its last answer did not say. */
export function tell(context: Context, row: BankPaymentRow, type: string): EnqueuedEvent {
  return enqueueEvent(context, {
    operation: 'authorize',
    succeeded: row.status === 'succeeded',
    provider: 'bank',
    reference: row.reference,
    providerReference: row.id,
    type,
  });
}

/** Agreed to, and on its way to the payer's bank. */
export function submitted(context: Context, row: BankPaymentRow, at: number): BankPaymentRow {
  const fails = findAccount(context, row.token)?.debit === 'fails';
  return {
    ...row,
    status: 'pending',
    next_at: at + debitTakesMs,
    next_status: fails ? 'declined' : 'succeeded',
  };
}

function paid(context: Context, row: BankPaymentRow, at: number): BankPaymentRow {
  const { reference, amount, currency, id: provider_reference, key } = row;
  const movement = { provider: 'bank', reference, amount, currency, at, provider_reference, key };
  context.store.movements.append({ ...movement, operation: 'capture' });
  const isReturned =
    row.method === 'bank_debit' && findAccount(context, row.token)?.debit === 'returned';
  return {
    ...row,
    status: 'succeeded',
    received: row.received + amount,
    next_at: isReturned ? at + returnedAfterMs : null,
    next_status: isReturned ? 'returned' : null,
  };
}

function takenBack(context: Context, row: BankPaymentRow, at: number): BankPaymentRow {
  const { reference, amount, currency, id: provider_reference } = row;
  const movement = { provider: 'bank', reference, amount, currency, at, provider_reference };
  context.store.movements.append({ ...movement, operation: 'refund', key: `return/${row.id}` });
  return {
    ...row,
    status: 'returned',
    decline_code: 'debit_returned',
    received: row.received - amount,
    next_at: null,
    next_status: null,
  };
}

const refusalCodes: Readonly<Record<string, string>> = {
  bank_debit: 'insufficient_funds',
  bank_redirect: 'bank_declined',
};

/** The row as this move leaves it, its money booked; whoever calls it stores the row and tells of it. */
export function moved(
  context: Context,
  row: BankPaymentRow,
  status: BankStatus,
  at: number,
): BankPaymentRow {
  if (status === 'succeeded') return paid(context, row, at);
  if (status === 'returned') return takenBack(context, row, at);
  const code = refusalCodes[row.method] ?? 'declined';
  return { ...row, status, decline_code: code, next_at: null, next_status: null };
}

function moveNext(context: Context, row: BankPaymentRow): void {
  if (row.next_at === null || row.next_status === null) return;
  const next = moved(context, row, row.next_status, row.next_at);
  context.store.bank.payments.put(next);
  tell(context, next, `payment.${next.status}`);
}

function finish(context: Context, row: BankOperationRow): void {
  const { bank, movements } = context.store;
  const payment = bank.payments.find(row.payment_id);
  if (payment === undefined || row.next_at === null || row.next_status === null) return;
  const { reference, amount, currency, id: provider_reference, key } = row;
  if (row.next_status === 'succeeded') {
    const movement = { provider: 'bank', reference, amount, currency, provider_reference, key };
    movements.append({ ...movement, operation: 'refund', at: row.next_at });
  } else {
    bank.payments.put({ ...payment, refunded: payment.refunded - amount });
  }
  bank.operations.put({
    ...row,
    status: row.next_status,
    decline_code: row.next_status === 'declined' ? 'account_closed' : null,
    next_at: null,
    next_status: null,
  });
  enqueueEvent(context, {
    operation: 'refund',
    succeeded: row.next_status === 'succeeded',
    provider: 'bank',
    reference,
    providerReference: row.id,
  });
}

/** Booked where money moved: out when it arrives, and in again when it comes back. */
function sendOn(context: Context, row: BankPayoutRow): void {
  if (row.next_at === null || row.next_status === null) return;
  const { id: provider_reference, reference, amount, currency } = row;
  const { next_status: status, next_at: at } = row;
  const movement = { provider: 'bank', reference, amount, currency, at, provider_reference };
  const { bank, movements } = context.store;
  if (status === 'succeeded') movements.append({ ...movement, operation: 'payout', key: row.key });
  if (status === 'returned') {
    movements.append({ ...movement, operation: 'payout_return', key: `return/${row.id}` });
  }
  const comesBack =
    status === 'succeeded' && findAccount(context, row.account)?.payout === 'returned';
  bank.payouts.put({
    ...row,
    status,
    decline_code: payoutCodes[status],
    next_at: comesBack ? at + payoutReturnsAfterMs : null,
    next_status: comesBack ? 'returned' : null,
  });
}

/** In the order in which it became due, however far the clock was moved in one step. */
export function runDueBankWork(context: Context): void {
  const { store, clock } = context;
  for (;;) {
    const payment = store.bank.payments.firstDue(clock.now());
    const operation = store.bank.operations.firstDue(clock.now());
    const payout = store.bank.payouts.firstDue(clock.now());
    const [first] = [payment, operation, payout]
      .flatMap((row) => row?.next_at ?? [])
      .sort((a, b) => a - b);
    if (first === undefined) return;
    store.transaction(() => {
      if (payment?.next_at === first) moveNext(context, payment);
      else if (operation?.next_at === first) finish(context, operation);
      else if (payout?.next_at === first) sendOn(context, payout);
    });
  }
}
