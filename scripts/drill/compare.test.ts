/** The oracle is believed only because it sees what it is there to see: every defect is planted once. */
import { expect, test } from '@jest/globals';
import { compare } from './compare.ts';
import type { AttemptRecord, OperationRecord, PaymentRecord, Records } from './records.ts';
import type { Movement } from './sandbox-books.ts';

const payment: PaymentRecord = {
  id: 'pay_1',
  merchant_reference: 'run-1',
  status: 'captured',
  amount: 1_000n,
  currency: 'EUR',
  amount_authorized: 1_000n,
  amount_captured: 600n,
  amount_refunded: 200n,
  amount_excess: 0n,
  capture_reserved: 0n,
  refund_reserved: 0n,
  capture_closed: true,
};
const attempt: AttemptRecord = {
  id: 'att_1',
  payment_id: 'pay_1',
  provider: 'alder',
  kind: 'authorize',
  status: 'authorized',
  amount: 1_000n,
  currency: 'EUR',
};
const capture: OperationRecord = {
  id: 'op_1',
  payment_id: 'pay_1',
  attempt_id: 'att_1',
  kind: 'capture',
  cause: 'request',
  status: 'succeeded',
  amount: 600n,
  currency: 'EUR',
  final: true,
  late: false,
};
const refund: OperationRecord = { ...capture, id: 'ref_1', kind: 'refund', amount: 200n };
const records: Records = {
  keys: [],
  payments: [payment],
  attempts: [attempt],
  operations: [capture, refund],
};

function movement(operation: Movement['operation'], reference: string, amount: bigint): Movement {
  return {
    ...{ provider: 'alder', reference, operation, amount, currency: 'EUR' },
    provider_reference: `alder_${reference}`,
    key: reference,
  };
}

const authorized = movement('authorize', 'att_1', 1_000n);
const captured = movement('capture', 'op_1', 600n);
const refunded = movement('refund', 'ref_1', 200n);
const books = [authorized, captured, refunded];

function faults(rows: Partial<Records>, movements: readonly Movement[] = books): string[] {
  return [...new Set(compare({ ...records, ...rows }, movements).map(({ fault }) => fault))].sort();
}

test('books that agree leave nothing to say', () => {
  expect(compare(records, books)).toEqual([]);
});

test.each<[string, readonly Movement[], string[]]>([
  ['a capture made twice', [...books, captured], ['double_charge', 'lost_payment']],
  ['an authorization made twice', [...books, authorized], ['double_charge', 'lost_payment']],
  ['a refund made twice', [...books, refunded], ['double_charge', 'lost_payment']],
  ['a capture that never was', [authorized, refunded], ['lost_payment']],
  ['a refund that never was', [authorized, captured], ['lost_payment']],
  ['an authorization that never was', [captured, refunded], ['lost_payment']],
  ['another amount', [authorized, movement('capture', 'op_1', 599n), refunded], ['lost_payment']],
  ['money nobody knows of', [...books, movement('capture', 'op_9', 5n)], ['lost_payment']],
  [
    'another provider',
    [authorized, { ...captured, provider: 'birch' }, refunded],
    ['lost_payment'],
  ],
  ['another currency', [authorized, captured, { ...refunded, currency: 'USD' }], ['lost_payment']],
])('the books have %s', (_, movements, expected) => {
  expect(faults({}, movements)).toEqual(expected);
});

test('a second try that also holds money is a double charge', () => {
  const second = { ...attempt, id: 'att_2', provider: 'birch', status: 'declined' };
  const held = { ...movement('authorize', 'att_2', 1_000n), provider: 'birch' };
  expect(faults({ attempts: [attempt, second] }, [...books, held])).toContain('double_charge');
});

test('money at a payment that we call failed is lost', () => {
  const failed = { ...payment, status: 'failed', amount_captured: 0n, amount_refunded: 0n };
  expect(faults({ payments: [failed] })).toEqual(['double_charge', 'lost_payment']);
  const held = { ...failed, amount_authorized: 0n, capture_closed: false };
  const declined = { ...attempt, status: 'declined' };
  expect(faults({ payments: [held], attempts: [declined], operations: [] }, [authorized])).toEqual([
    'lost_payment',
  ]);
});

test('an operation that we call failed and the books have is lost', () => {
  const failed = { ...refund, status: 'failed' };
  expect(faults({ operations: [capture, failed] })).toEqual(['lost_payment']);
});

test('two payments of one reference are a double charge', () => {
  const twin = { ...payment, id: 'pay_2', amount_captured: 0n, amount_refunded: 0n };
  expect(faults({ payments: [payment, twin] })).toEqual(['double_charge']);
});

test('a late success that was given back is in order, one that was kept is not', () => {
  const late = { ...attempt, id: 'att_2', kind: 'sale' as const, status: 'voided' };
  const back = { ...refund, id: 'ref_2', attempt_id: 'att_2', amount: 1_000n, late: true };
  const rows = { attempts: [attempt, late], operations: [capture, refund, back] };
  const sale = [movement('authorize', 'att_2', 1_000n), movement('capture', 'att_2', 1_000n)];
  expect(faults(rows, [...books, ...sale, movement('refund', 'ref_2', 1_000n)])).toEqual([]);
  expect(faults(rows, [...books, ...sale])).toContain('double_charge');
});
