import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { currencies } from '../../domain/currency.ts';
import { captureSchema, createPaymentSchema, refundSchema } from './request-schema.ts';

const amount = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const text = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength });

/** The strict JSON reader refuses `__proto__` before any schema sees it. */
const isName = (name: string): boolean => name !== '__proto__';

const needsShopper = ['bank_transfer', 'bank_redirect'];

/** Nothing of these can be kept, or done while the shopper is away. */
function isPossible(body: {
  readonly payment_method: { readonly type: string };
  readonly off_session?: boolean;
  readonly save?: boolean;
}): boolean {
  const { payment_method: method, off_session: away, save } = body;
  return !needsShopper.includes(method.type) || (away !== true && save !== true);
}

const anyPayment = fc.record(
  {
    amount,
    currency: fc.constantFrom(...currencies),
    capture_method: fc.constantFrom('automatic', 'manual'),
    payment_method: fc.oneof(
      fc.record({ type: fc.constantFrom('card', 'bank_debit', 'wallet'), token: text(255) }),
      fc.record({
        type: fc.constant('card'),
        tokens: fc.dictionary(fc.constantFrom('alder', 'birch'), text(255), { minKeys: 1 }),
      }),
      fc.record({ type: fc.constantFrom('bank_transfer', 'bank_redirect') }),
    ),
    merchant_reference: text(255),
    customer: fc.record({ name: text(200) }),
    off_session: fc.boolean(),
    save: fc.boolean(),
    submit_within_seconds: fc.integer({ min: 1, max: 86_400 }),
    return_url: fc.webUrl(),
    metadata: fc.dictionary(text(40).filter(isName), fc.string({ maxLength: 500 }), {
      maxKeys: 50,
    }),
  },
  {
    requiredKeys: ['amount', 'currency', 'capture_method', 'payment_method'],
    noNullPrototype: true,
  },
);

const payment = anyPayment.filter(isPossible);

describe('a payment that is asked for', () => {
  test.each(needsShopper)('by %s names a field that asks for the impossible', (type) => {
    const base = { amount: 1, currency: 'EUR', capture_method: 'automatic' };
    for (const field of ['off_session', 'save']) {
      const body = { ...base, payment_method: { type }, [field]: true };
      const { error } = createPaymentSchema.safeParse(body);
      expect(error?.issues.map(({ path }) => path)).toEqual([[field]]);
    }
  });

  test('is taken as it is, whatever fields it has', () => {
    fc.assert(
      fc.property(payment, (body) => {
        expect(createPaymentSchema.parse(body)).toEqual(body);
      }),
    );
  });

  test('is refused with any field that is not known', () => {
    const names = new Set(Object.keys(createPaymentSchema.shape));
    const stranger = fc.string({ minLength: 1 }).filter((name) => !names.has(name) && isName(name));
    fc.assert(
      fc.property(payment, stranger, fc.jsonValue(), (body, name, value) => {
        expect(createPaymentSchema.safeParse({ ...body, [name]: value }).success).toBe(false);
      }),
    );
  });

  test('is refused without any one of the fields it needs', () => {
    const needed = fc.constantFrom('amount', 'currency', 'capture_method', 'payment_method');
    fc.assert(
      fc.property(payment, needed, (body, name) => {
        const rest = Object.fromEntries(Object.entries(body).filter(([key]) => key !== name));
        expect(createPaymentSchema.safeParse(rest).success).toBe(false);
      }),
    );
  });
});

describe('an amount', () => {
  const wrong = fc.oneof(
    fc.integer({ max: 0 }),
    fc.double().filter((value) => !Number.isSafeInteger(value)),
    fc.constantFrom(2 ** 53, Infinity, Number.NaN, -0),
    fc.anything().filter((value) => typeof value !== 'number' && value !== undefined),
  );

  test.each([
    ['capture', captureSchema, {}],
    ['refund', refundSchema, { reason: 'asked for' }],
  ])('of a %s is a safe positive integer or absent', (_what, schema, rest) => {
    expect(schema.safeParse(rest).success).toBe(true);
    fc.assert(
      fc.property(amount, (value) => {
        expect(schema.safeParse({ ...rest, amount: value }).success).toBe(true);
      }),
    );
    fc.assert(
      fc.property(wrong, (value) => {
        expect(schema.safeParse({ ...rest, amount: value }).success).toBe(false);
      }),
    );
  });
});
