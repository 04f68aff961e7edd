import type { Context } from '../context.ts';
import { errorBody } from '../http/reply.ts';
import type { Result } from '../processor/result.ts';
import { presentOperation, presentPayment, presentPayout } from './present.ts';

export const bankLookupKinds = ['authorize', 'capture', 'void', 'refund', 'payout'] as const;
type BankLookupKind = (typeof bankLookupKinds)[number];

/** What became of the request with our client's reference; nothing is ever captured by a second call. */
export function lookup(context: Context, kind: BankLookupKind, reference: string): Result {
  const { store, clock } = context;
  if (kind === 'void' || kind === 'refund') {
    const row = store.bank.operations.findByReference(kind, reference);
    if (row !== undefined) return { status: 200, body: presentOperation(row) };
  }
  if (kind === 'payout') {
    const payout = store.bank.payouts.findByReference(reference);
    if (payout !== undefined) return { status: 200, body: presentPayout(payout) };
  }
  const [row] = kind === 'authorize' ? store.bank.payments.listByReference(reference) : [];
  if (row !== undefined) {
    const transfers = store.bank.transfers.list(row.id);
    return { status: 200, body: presentPayment(row, transfers, clock.now(), context.publicUrl()) };
  }
  if (kind === 'authorize' && store.fences.has('bank', reference)) {
    const decline = { status: 'declined', decline_code: 'reference_voided' };
    return { status: 200, body: { object: 'bank_payment', reference, ...decline } };
  }
  const body = errorBody('not_found', 'reference_not_found', 'nothing under it', { reference });
  return { status: 404, body };
}
