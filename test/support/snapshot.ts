/** Builds payments as the database hands them out, with only the values that matter to a test. */
import { v7 } from 'uuid';
import type { AttemptRow, OperationRow, PaymentRow, PaymentSnapshot } from '../../db/snapshot.ts';

const at = '2026-11-22T10:00:00.123456+00:00';
const basis = { kind: 'request', detail: 'api_key:key_1' } as const;

export function aSnapshot(
  payment: Partial<PaymentRow> = {},
  attempts: readonly AttemptRow[] = [],
  operations: readonly OperationRow[] = [],
): PaymentSnapshot {
  return {
    payment: { ...aPaymentRow(), ...payment },
    attempts,
    operations,
    customer: null,
    fund_model: 'own',
    now: at,
  };
}

function aPaymentRow(): PaymentRow {
  return {
    id: `pay_${v7()}`,
    merchant_id: 'mer_demo',
    version: 1,
    status: 'processing',
    amount: 2599,
    currency: 'EUR',
    capture_method: 'automatic',
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
    submit_within_ms: 300_000,
    submit_by: at,
    expires_at: null,
    wake_at: null,
    next_action: null,
    last_decline: null,
    status_basis: basis,
    created_at: at,
    updated_at: at,
  };
}

export function anAttempt(row: Partial<AttemptRow> = {}): AttemptRow {
  return {
    id: `att_${v7()}`,
    number: 1,
    provider: 'alder',
    kind: 'sale',
    status: 'authorized',
    amount: 2599,
    currency: 'EUR',
    payment_method: { type: 'card', token: 'tok_visa' },
    route: [],
    provider_key: 'secret-provider-key',
    provider_reference: 'alder_1',
    send_by: at,
    key_horizon: at,
    sent_count: 1,
    decline: null,
    redirect_url: null,
    return_token: 'secret-return-token',
    lookups: 0,
    absences: 0,
    due_at: null,
    parked_at: null,
    expires_at: null,
    basis: {
      kind: 'provider_reply',
      detail: '200 approved',
      provider: 'alder',
      providerReference: 'alder_1',
    },
    created_at: at,
    updated_at: at,
    ...row,
  };
}

export function anOperation(row: Partial<OperationRow> = {}): OperationRow {
  return {
    id: `op_${v7()}`,
    payment_id: 'pay_1',
    attempt_id: null,
    number: 1,
    kind: 'capture',
    cause: 'request',
    status: 'succeeded',
    amount: 2599,
    currency: 'EUR',
    final: true,
    late: false,
    reason: null,
    provider_key: 'secret-provider-key',
    provider_reference: null,
    send_by: null,
    key_horizon: null,
    sent_count: 1,
    lookups: 0,
    absences: 0,
    due_at: null,
    parked_at: null,
    excess: false,
    failure: null,
    basis,
    requested_by: 'api_key:key_1',
    created_at: at,
    updated_at: at,
    ...row,
  };
}
