import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { magicTokens, passesLuhn, readBehaviour, readCard } from './cards.ts';

test.each([
  ['4242 4242 4242 4242', 'visa', '4242', 'approve'],
  ['5555-5555-5555-4444', 'mastercard', '4444', 'approve'],
  ['378282246310005', 'amex', '0005', 'approve'],
  ['4000000000009995', 'visa', '9995', 'insufficient_funds'],
  ['4000000000000002', 'visa', '0002', 'do_not_honor'],
  ['4000000000003220', 'visa', '3220', 'challenge'],
])('%s is a card', (number, brand, last4, behaviour) => {
  expect(readCard(number)).toEqual({ brand, last4, behaviour });
});

test.each(['4242424242424241', '', '4242', 'abcdabcdabcdabcd', '42424242424242424242424242'])(
  '%p is none',
  (number) => {
    expect(readCard(number)).toBeNull();
  },
);

test('any single wrong digit is noticed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 1, max: 9 }), (place, by) => {
      const digits = Array.from<unknown, number>({ length: 16 }, (_, index) =>
        index % 2 === 0 ? 4 : 2,
      );
      digits[place] = ((digits[place] ?? 0) + by) % 10;
      expect(passesLuhn(digits.join(''))).toBe(false);
    }),
  );
});

test('every magic token shows the digits its card number would', () => {
  for (const { last4, behaviour } of Object.values(magicTokens)) {
    expect(last4).toMatch(/^\d{4}$/);
    expect(readBehaviour(behaviour)).toBe(behaviour);
  }
  expect(readBehaviour('explode')).toBeNull();
});
