import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { randomBytes, randomUUID } from 'node:crypto';
import { v7 } from 'uuid';
import { containsCardNumber, findCardNumber } from './card-data.ts';

/** Published test numbers of every network. */
const testNumbers = [
  '4111111111111111',
  '4242424242424242',
  '4222222222222',
  '4000000000000000006',
  '5555555555554444',
  '2223003122003222',
  '378282246310005',
  '6011111111111117',
  '30569309025904',
  '3566002020360505',
  '6200000000000005',
  '6304000000000000',
  '2200000000000004',
  '122000000000003',
];

const prefixes = ['4', '51', '55', '2221', '2720', '34', '37', '6011', '65', '36', '3528', '62'];
const scripts = [0x30, 0x0660, 0x06f0, 0x0966, 0x0e50, 0xff10, 0x1d7ce, 0x1d7d8];

function withCheckDigit(body: string): string {
  const sum = Array.from(body)
    .reverse()
    .map((digit, index) => Number(digit) * (index % 2 === 0 ? 2 : 1))
    .reduce((total, value) => total + (value > 9 ? value - 9 : value), 0);
  return body + String((10 - (sum % 10)) % 10);
}

const cardNumber = fc
  .tuple(
    fc.constantFrom(...prefixes),
    fc.integer({ min: 13, max: 19 }),
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 19, maxLength: 19 }),
  )
  .map(([prefix, length, tail]) => withCheckDigit((prefix + tail.join('')).slice(0, length - 1)));

/** Text without a digit in any script, as stands around a number in a sentence. */
const words = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .filter((text) => !/[\p{N}+]/u.test(text));

describe('a card number is found', () => {
  test.each(testNumbers)('%s', (number) => {
    expect(containsCardNumber(number)).toBe(true);
  });

  test.each([
    '4111 1111 1111 1111',
    '4111-1111-1111-1111',
    '3782 822463 10005',
    '4111.1111.1111.1111',
    '4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1',
    '4111\u00a01111\u20131111\u20091111',
    '4111\u200b1111\u200b1111\u200b1111',
    '４１１１１１１１１１１１１１１１',
    '٤١١١١١١١١١١١١١١١',
    'my card is 4111111111111111, exp 12/27',
    '4111111111111111 123',
    '12 4111 1111 1111 1111 27',
    '41111111111111111227123',
    'card4111111111111111x',
    '%B4111111111111111^DOE/JANE^2712',
    '4222222222222㋀',
    '④①①①①①①①①①①①①①①①',
    '4️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣',
  ])('in %p', (text) => {
    expect(containsCardNumber(text)).toBe(true);
  });

  test('whatever the network, script, grouping and text around it', () => {
    fc.assert(
      fc.property(
        cardNumber,
        fc.constantFrom(...scripts),
        fc.constantFrom('', ' ', '-', '\u2011', '\u200d', ' - '),
        fc.integer({ min: 1, max: 7 }),
        words,
        words,
        (number, zero, separator, every, before, after) => {
          const written = Array.from(number, (digit, index) => {
            const space = index > 0 && index % every === 0 ? separator : '';
            return space + String.fromCodePoint(zero + Number(digit));
          }).join('');
          expect(containsCardNumber(`${before}${written}${after}`)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('what is no card number is let through', () => {
  test('ids, tokens and times', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.date({ noInvalidDate: true, min: new Date(0) }), (uuid, date) => {
        for (const prefix of ['', 'pay_', 'op_', 'order ']) {
          expect(containsCardNumber(prefix + uuid)).toBe(false);
        }
        expect(containsCardNumber(date.toISOString())).toBe(false);
      }),
      { numRuns: 1000 },
    );
    for (let round = 0; round < 4_000; round += 1) {
      expect(containsCardNumber(randomUUID().replaceAll('-', ''))).toBe(false);
      expect(containsCardNumber(randomBytes(32).toString('hex'))).toBe(false);
      expect(containsCardNumber(`pay_${v7()}`)).toBe(false);
      expect(containsCardNumber(`${randomUUID()} ${randomUUID()}`)).toBe(false);
    }
  });

  test('Unix times, in references too', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_500_000_000_000, max: 1_999_999_999_999 }), (ms) => {
        expect(containsCardNumber(`order-${ms}`)).toBe(false);
        expect(containsCardNumber(`${ms}000`)).toBe(false);
        expect(containsCardNumber(`${ms}${ms % 97}`)).toBe(false);
        expect(containsCardNumber(`${ms}-${ms % 9973}`)).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    'tok_visa',
    '2026-11-22T10:00:00.123456Z',
    '2026-11-22 2026-11-23',
    '2026-11-22 10.00.00.123456',
    '4111111111111112',
    '0000000000000000',
    '+4915112345678',
    'DE89 3704 0044 0532 0130 00',
    'GB29NWBK60161331926819',
    '411111111111',
    '1,000,000,000,000,000',
  ])('%p', (text) => {
    expect(containsCardNumber(text)).toBe(false);
  });
});

describe('the field is named', () => {
  test('by its pointer, in texts, numbers, lists and names', () => {
    const number = '4111111111111111';
    expect(findCardNumber({ a: { 'b/c': ['x', number] } })).toBe('/a/b~1c/1');
    expect(findCardNumber({ amount: 4111111111111111 })).toBe('/amount');
    expect(findCardNumber({ metadata: { [number]: 'x' } })).toBe('/metadata');
    expect(findCardNumber([true, null, { z: 'fine', n: 12 }])).toBeNull();
  });
});
