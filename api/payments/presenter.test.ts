import { describe, expect, test } from '@jest/globals';
import { aSnapshot, anAttempt, anOperation } from '../../test/support/snapshot.ts';
import { paymentSchema } from './payment-schema.ts';
import { presentPayment } from './presenter.ts';

const decline = {
  code: 'insufficient_funds',
  advice: 'try_another_method',
  providerCode: '51',
} as const;

describe('a payment as the API shows it', () => {
  test('is exactly what the schema promises, in every part', () => {
    const snapshot = aSnapshot(
      {
        status: 'requires_action',
        merchant_reference: 'order-1',
        metadata: { colour: 'red' },
        last_decline: decline,
        expires_at: '2026-11-23T10:00:00+00:00',
        next_action: {
          type: 'redirect',
          url: 'https://bank.example/3ds',
          expiresAt: '2026-11-22T10:15:00.000Z',
        },
      },
      [
        anAttempt({ status: 'declined', decline }),
        anAttempt({ number: 2, status: 'requires_action' }),
      ],
      [
        anOperation(),
        anOperation({ kind: 'refund', number: 2, failure: decline, status: 'failed' }),
      ],
    );
    const shown = presentPayment(snapshot);
    expect(paymentSchema.parse(shown)).toEqual(shown);
    expect(shown).toMatchObject({
      created_at: '2026-11-22T10:00:00.123Z',
      provider: 'alder',
      last_decline: { code: 'insufficient_funds', provider_code: '51' },
      next_action: { type: 'redirect', expires_at: '2026-11-22T10:15:00.000Z' },
      operations: [
        { object: 'operation', kind: 'capture', final: true },
        { object: 'refund', kind: 'refund', status: 'failed', failure: { code: decline.code } },
      ],
    });
  });

  test('shows no token, key or other secret', () => {
    const shown = JSON.stringify(presentPayment(aSnapshot({}, [anAttempt()], [anOperation()])));
    expect(shown).not.toMatch(/tok_visa|secret-/);
  });

  test.each(['requested', 'submitting', 'pending'] as const)('%s is pending', (status) => {
    const shown = presentPayment(aSnapshot({}, [], [anOperation({ status })]));
    expect(shown.operations[0]?.status).toBe('pending');
  });
});

describe('expires_at', () => {
  const authorized = anAttempt({ expires_at: '2026-11-29T10:00:00+00:00' });
  test.each([
    ['processing', null],
    ['requires_payment_method', '2026-11-23T10:00:00.000Z'],
    ['requires_capture', '2026-11-29T10:00:00.000Z'],
    ['partially_captured', '2026-11-29T10:00:00.000Z'],
    ['captured', null],
    ['canceled', null],
  ] as const)('of a payment that is %s is %s', (status, expected) => {
    const snapshot = aSnapshot({ status, expires_at: '2026-11-23T10:00:00+00:00' }, [authorized]);
    expect(presentPayment(snapshot).expires_at).toBe(expected);
  });
});

describe('amounts', () => {
  test('in doubt are those of unknown outcomes, and the message says not to pay again', () => {
    const unknown = aSnapshot({}, [anAttempt({ status: 'unknown' })]);
    expect(presentPayment(unknown).amount_in_doubt).toBe(2599);
    expect(presentPayment(unknown).message.shopper).toMatch(/do not pay again/);
    const refund = anOperation({ kind: 'refund', status: 'unknown', amount: 99 });
    expect(presentPayment(aSnapshot({}, [], [refund])).amount_in_doubt).toBe(99);
    const pending = aSnapshot({}, [anAttempt({ status: 'pending' })]);
    expect(presentPayment(pending).amount_in_doubt).toBe(0);
  });

  test('capturable are what is authorized and neither captured nor on its way', () => {
    const held = { amount_authorized: 2599, amount_captured: 500, capture_reserved: 99 } as const;
    const capturable = (payment: Parameters<typeof aSnapshot>[0]): number =>
      presentPayment(aSnapshot({ ...held, ...payment })).amount_capturable;
    expect(capturable({ status: 'partially_captured' })).toBe(2000);
    expect(capturable({ status: 'partially_captured', void_open: true })).toBe(0);
    expect(capturable({ status: 'partially_captured', capture_closed: true })).toBe(0);
    expect(capturable({ status: 'expired' })).toBe(0);
    expect(capturable({ status: 'processing' })).toBe(0);
  });
});
