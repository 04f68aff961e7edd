/** Disputes in Stripe's shapes. What is taken up again after it was lost is an appeal. */
import { v7 as uuidv7 } from 'uuid';
import type { DisputeFact, DisputeRow } from '../disputes/store.ts';
import type { Json } from '../http/reply.ts';
import { showAmount } from './form.ts';

const typesOf: Readonly<Record<DisputeFact, readonly string[]>> = {
  opened: ['charge.dispute.created', 'charge.dispute.funds_withdrawn'],
  reopened: ['charge.dispute.updated'],
  won: ['charge.dispute.closed', 'charge.dispute.funds_reinstated'],
  lost: ['charge.dispute.closed'],
};

function statusOf({ status, round }: DisputeRow): string {
  if (status === 'won' || status === 'lost') return status;
  if (round > 1) return 'appeal_under_review';
  return status === 'needs_response' ? 'needs_response' : 'under_review';
}

function presentDispute(row: DisputeRow): Json {
  const currency = row.currency.toLowerCase();
  const taken = -showAmount(row.amount, row.currency);
  const moved = { object: 'balance_transaction', currency, type: 'adjustment' };
  const fee = showAmount(row.fee, row.currency);
  const out = { ...moved, id: `txn_${row.id}`, amount: taken, fee, net: taken - fee };
  const back = { ...moved, id: `txn_${row.id}_back`, amount: -taken, fee: 0, net: -taken };
  return {
    id: row.id,
    object: 'dispute',
    amount: -taken,
    balance_transactions: row.status === 'won' ? [out, back] : [out],
    charge: row.authorization_id.replace(/^pi_/, 'ch_'),
    created: Math.floor(row.created_at / 1_000),
    currency,
    evidence: row.round > 1 ? { appeal: { card: {} } } : {},
    evidence_details: { due_by: Math.floor(row.due_by / 1_000), has_evidence: false },
    is_charge_refundable: false,
    livemode: false,
    metadata: {},
    payment_intent: row.authorization_id,
    reason: row.reason,
    status: statusOf(row),
  };
}

export function stripeDisputeEvents(
  row: DisputeRow,
  what: DisputeFact,
  now: number,
): readonly Json[] {
  return typesOf[what].map((type) => ({
    id: `evt_${uuidv7()}`,
    object: 'event',
    api_version: '2026-10-28.endive',
    created: Math.floor(now / 1_000),
    data: { object: presentDispute(row) },
    livemode: false,
    pending_webhooks: 1,
    request: null,
    type,
  }));
}
