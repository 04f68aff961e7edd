import type { DoubtRow, DoubtTotal } from '../../db/doubts.ts';
import { presentInstant } from '../instant.ts';
import type { DoubtedPayment } from './ports.ts';
import type { DoubtTotalView, PaymentInDoubtView } from './schema.ts';

type DoubtView = PaymentInDoubtView['doubts'][number];

/** In doubt the side that hurts counts. */
const countsAs: Readonly<Record<DoubtRow['kind'], DoubtView['exposure']['counts_as']>> = {
  sale: 'captured',
  authorize: 'authorized',
  capture: 'captured',
  void: 'held',
  refund: 'refunded',
  increment: 'authorized',
};

export function presentDoubted(doubts: DoubtedPayment): PaymentInDoubtView {
  const [first] = doubts;
  const oldest = doubts.reduce((a, b) => (b.age_seconds > a.age_seconds ? b : a));
  return {
    object: 'payment_in_doubt',
    payment_id: first.payment_id,
    payment_status: first.payment_status,
    merchant_reference: first.merchant_reference,
    since: presentInstant(oldest.since),
    age_seconds: oldest.age_seconds,
    doubts: doubts.map(presentDoubt),
  };
}

function presentDoubt(row: DoubtRow): DoubtView {
  const { kind, amount, currency } = row;
  return {
    attempt_id: row.attempt_id,
    operation_id: row.operation_id,
    kind,
    status: row.status,
    provider: row.provider,
    provider_reference: row.provider_reference,
    exposure: {
      amount,
      currency,
      hurts: kind === 'refund' ? 'merchant' : 'shopper',
      counts_as: countsAs[kind],
    },
    since: presentInstant(row.since),
    age_seconds: row.age_seconds,
    lookups: row.lookups,
    next_lookup_at: row.due_at === null ? null : presentInstant(row.due_at),
    parked_at: row.parked_at === null ? null : presentInstant(row.parked_at),
    case_id: row.case_id,
  };
}

export function presentTotal(total: DoubtTotal): DoubtTotalView {
  const { currency, provider, count, shopper, merchant, oldest } = total;
  const exposure = { shopper, merchant };
  return { currency, provider, count, exposure, oldest_since: presentInstant(oldest) };
}
