/** Which ways of paying a shop may show this shopper. */
import { z } from 'zod';
import type { OfferedMethod } from '../../domain/offered-methods.ts';
import { paymentMethodTypes } from '../../domain/provider-contract.ts';
import { listSchema } from '../list.ts';
import { readRoute, type Route } from '../route.ts';
import { currencySchema } from '../schema/fields.ts';
import type { PaymentMethods } from './ports.ts';

const query = z.strictObject({
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be an ISO 3166 code of two letters in upper case')
    .meta({ description: 'Of the shopper.', example: 'NL' }),
  currency: currencySchema,
  amount: z
    .string()
    .regex(/^[1-9]\d{0,15}$/, 'must be a whole number of minor units, at least 1')
    .refine((text) => Number(text) <= Number.MAX_SAFE_INTEGER, 'must not be so large')
    .optional()
    .meta({
      description: 'Minor units; without it no limit leaves a method out.',
      example: '2599',
    }),
});

const offeredSchema = z
  .strictObject({
    object: z.literal('payment_method_option'),
    type: z.enum(paymentMethodTypes),
    name: z.string().meta({ description: 'Of the scheme or wallet.', example: 'ideal' }),
    wallet: z.enum(['apple_pay', 'google_pay']).nullable(),
    flow: z.enum(['token', 'redirect', 'mandate', 'bank_instructions']).meta({
      description: 'What the shopper does: the type of next_action, or gives a token beforehand.',
    }),
    currency: z.string(),
    amount_min: z.int(),
    amount_max: z.int().nullable(),
  })
  .meta({ id: 'PaymentMethodOption' });

function present(method: OfferedMethod, currency: string): z.output<typeof offeredSchema> {
  const { type, name, wallet = null, flow, min, max } = method;
  return {
    ...{ object: 'payment_method_option', type, name, wallet, flow, currency },
    amount_min: Number(min),
    amount_max: max === null ? null : Number(max),
  };
}

export function paymentMethodRoutes(methods: PaymentMethods): readonly Route[] {
  return [
    readRoute(
      {
        tag: 'Payments',
        scopes: ['payments:read'],
        path: '/v1/payment_methods',
        operationId: 'listPaymentMethods',
        summary: 'Ways of paying that can be offered to a shopper',
        query,
        answers: { 200: { description: 'All of them', schema: listSchema(offeredSchema) } },
      },
      async ({ principal, query: { country, currency, amount } }) => {
        const amountMinor = amount === undefined ? undefined : BigInt(amount);
        const offered = await methods.offered(principal, { country, currency, amountMinor });
        const data = offered.map((method) => present(method, currency));
        return { status: 200, body: { data, has_more: false, next: null } };
      },
    ),
  ];
}
