/** The payment and the three providers, each with other rules, that every history starts with. */
import type { PaymentRow } from '../../db/snapshot.ts';
import { aContract, now } from '../support/payments.ts';
import type { History } from './histories.ts';

const second = 1_000;
const minute = 60 * second;

export const contracts = [
  aContract({ name: 'alder' }),
  aContract({
    name: 'birch',
    sale: false,
    multipleCaptures: false,
    voidByReference: false,
    keyLifeMs: 60 * minute,
    errorsCached: false,
    absenceFinalAfterMs: 30 * second,
    settlingMs: 3 * second,
  }),
  aContract({
    name: 'cedar',
    keyLifeMs: 30 * minute,
    errorsCached: false,
    absenceFinalAfterMs: null,
    settlingMs: 5 * second,
  }),
];

export function aRow(history: History): PaymentRow {
  return {
    id: 'pay_1',
    merchant_id: 'mer_1',
    version: 1,
    status: 'processing',
    amount: 10_000,
    currency: 'USD',
    capture_method: history.captureMethod,
    payment_method: { type: 'card', token: 'tok_visa' },
    merchant_reference: null,
    customer_id: null,
    metadata: {},
    options: {},
    regulated: null,
    amount_authorized: 0,
    amount_captured: 0,
    capture_reserved: 0,
    amount_refunded: 0,
    refund_reserved: 0,
    amount_disputed: 0,
    amount_excess: 0,
    void_open: false,
    capture_closed: false,
    submit_within_ms: 5 * minute,
    submit_by: new Date(now + 5 * minute).toISOString(),
    expires_at: new Date(now + 24 * 60 * minute).toISOString(),
    wake_at: null,
    next_action: null,
    last_decline: null,
    status_basis: { kind: 'request', detail: 'test' },
    created_at: new Date(now).toISOString(),
    updated_at: new Date(now).toISOString(),
  };
}
