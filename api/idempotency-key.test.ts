import { describe, expect, test } from '@jest/globals';
import { fingerprint, readIdempotencyKey } from './idempotency-key.ts';

describe('the Idempotency-Key header', () => {
  test.each(['a', 'order-1732320000123', '~!@#', 'x'.repeat(255)])('may be %p', (key) => {
    expect(readIdempotencyKey(key)).toBe(key);
  });

  test.each([undefined, ''])('is missed when it is %p', (key) => {
    expect(() => readIdempotencyKey(key)).toThrow(
      expect.objectContaining({ code: 'idempotency_key_missing' }),
    );
  });

  test.each(['a b', 'a\tb', 'naïve', 'x'.repeat(256), 'first, second'])('may not be %p', (key) => {
    expect(() => readIdempotencyKey(key)).toThrow(
      expect.objectContaining({ code: 'idempotency_key_invalid' }),
    );
  });

  test('may not hold a card number', () => {
    expect(() => readIdempotencyKey('pay-4111111111111111')).toThrow(
      expect.objectContaining({ code: 'card_data_refused' }),
    );
  });
});

describe('the fingerprint', () => {
  const original = fingerprint('test', 'POST', '/v1/payments', { amount: 1, currency: 'EUR' });

  test('does not depend on the order of fields', () => {
    const repeat = fingerprint('test', 'POST', '/v1/payments', { currency: 'EUR', amount: 1 });
    expect(repeat).toBe(original);
    expect(original).toMatch(/^[0-9a-f]{64}$/);
  });

  test('depends on mode, method, path and content', () => {
    const body = { amount: 1, currency: 'EUR' };
    const others = [
      fingerprint('live', 'POST', '/v1/payments', body),
      fingerprint('test', 'PUT', '/v1/payments', body),
      fingerprint('test', 'POST', '/v1/payments/x', body),
      fingerprint('test', 'POST', '/v1/payments', { ...body, amount: 2 }),
    ];
    expect(new Set([original, ...others]).size).toBe(5);
  });
});
