import { expect, test } from '@jest/globals';
import type { PaymentSnapshot } from '../../db/snapshot.ts';
import { createFreshPayments } from './fresh-payments.ts';

function snapshot(submitInMs: number): PaymentSnapshot {
  const now = Date.parse('2026-11-25T12:00:00Z');
  const submitBy = new Date(now + submitInMs).toISOString();
  return {
    payment: { id: 'pay_1', submit_by: submitBy },
    now: new Date(now).toISOString(),
  } as unknown as PaymentSnapshot;
}

test('what was accepted a moment ago is handed over once', () => {
  const fresh = createFreshPayments();
  fresh.offer(snapshot(300_000), performance.now());
  expect(fresh.take('pay_2')).toBeUndefined();
  expect(fresh.take('pay_1')?.payment.id).toBe('pay_1');
  expect(fresh.take('pay_1')).toBeUndefined();
});

test('what has waited in the queue is read again: its clock stands still', () => {
  const fresh = createFreshPayments();
  fresh.offer(snapshot(300_000), performance.now() - 1_001);
  expect(fresh.take('pay_1')).toBeUndefined();
});

test('what must be sent within seconds is read again', () => {
  const fresh = createFreshPayments();
  fresh.offer(snapshot(4_999), performance.now());
  expect(fresh.take('pay_1')).toBeUndefined();
});

test('what was withdrawn is gone', () => {
  const fresh = createFreshPayments();
  fresh.offer(snapshot(300_000), performance.now());
  fresh.withdraw('pay_1');
  expect(fresh.take('pay_1')).toBeUndefined();
});
