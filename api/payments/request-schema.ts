/** What a payment is asked for with. Strict: a field we do not know is a mistake, not a suggestion. */
import { z } from 'zod';
import { paymentStatuses } from '../../domain/payment.ts';
import { paymentMethodTypes } from '../../domain/provider-contract.ts';
import { pageQuery } from '../list.ts';
import { idSchema } from '../schema/ids.ts';
import {
  amountSchema,
  currencySchema,
  instantSchema,
  metadataSchema,
  reasonSchema,
  textSchema,
  webUrlSchema,
} from '../schema/fields.ts';

const tokenSchema = textSchema(255).meta({ example: 'tok_visa' });
const providerName = z.string().regex(/^[a-z][a-z0-9_]{0,31}$/, 'must be the name of a provider');

/** Without a token there is nothing to charge; a transfer is sent, and a redirect chosen, by the shopper. */
const typesWithToken: readonly string[] = ['card', 'wallet', 'bank_debit'];

/** Nothing of these can be kept, or done without the shopper. */
export const typesWithShopper: readonly string[] = ['bank_redirect', 'bank_transfer'];

export const methodFields = {
  type: z.enum(paymentMethodTypes),
  token: tokenSchema.optional().meta({ description: 'A token that every provider takes.' }),
  tokens: z
    .record(providerName, tokenSchema)
    .refine((tokens) => Object.keys(tokens).length > 0, 'must name at least one provider')
    .optional()
    .meta({ description: 'Tokens that belong to one provider each.' }),
  wallet: z.enum(['apple_pay', 'google_pay']).optional(),
  brand: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,31}$/, 'must be a brand in lower case, as visa')
    .optional()
    .meta({ description: 'Of the card, where it is known beforehand; rules may route by it.' }),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be an ISO 3166 code of two letters in upper case')
    .optional()
    .meta({ description: "Of the card's issuer or the bank; rules may route by it." }),
  bin: z
    .string()
    .regex(/^\d{6,8}$/, 'must be the first six to eight digits of the card')
    .optional()
    .meta({ description: 'Where whoever made the token told it; risk is counted by it.' }),
  fingerprint: textSchema(128).optional().meta({
    description: 'The same for every token of one card, where whoever made the token told it.',
  }),
};

interface MethodFields {
  readonly type: string;
  readonly token?: string | undefined;
  readonly tokens?: Readonly<Record<string, string>> | undefined;
  readonly wallet?: string | undefined;
}

/** Either a token for all or one for each, where there is something to charge; a wallet is a wallet's. */
export function requireTokens(method: MethodFields, context: z.RefinementCtx): void {
  const { type, token, tokens, wallet } = method;
  const wrong = (field: string, message: string): void => {
    context.addIssue({ code: 'custom', path: [field], message });
  };
  if (token !== undefined && tokens !== undefined) wrong('tokens', 'must not stand beside token');
  if (token === undefined && tokens === undefined && typesWithToken.includes(type)) {
    wrong('token', `is required for ${type}`);
  }
  if (wallet !== undefined && type !== 'wallet') wrong('wallet', 'belongs to type wallet only');
}

export const paymentMethodSchema = z
  .strictObject({
    ...methodFields,
    id: idSchema('pm').optional().meta({ description: 'A saved one; it stands alone.' }),
  })
  .superRefine((method, context) => {
    if (method.id === undefined) {
      requireTokens(method, context);
      return;
    }
    for (const field of ['token', 'tokens', 'wallet'] as const) {
      if (method[field] === undefined) continue;
      context.addIssue({ code: 'custom', path: [field], message: 'must not stand beside id' });
    }
  })
  .meta({ id: 'PaymentMethodInput' });

const customerSchema = z
  .strictObject({
    id: idSchema('cus').optional(),
    email: z.email('must be an e-mail address').max(254).optional(),
    name: textSchema(200).optional(),
  })
  .superRefine(({ id, email, name }, context) => {
    if (id !== undefined && (email !== undefined || name !== undefined)) {
      context.addIssue({
        code: 'custom',
        path: ['id'],
        message: 'stands alone: it names a customer',
      });
    }
  });

const shopperSchema = z
  .strictObject({
    ip: z.union([z.ipv4(), z.ipv6()], 'must be an IP address').optional(),
    device_id: textSchema(200).optional().meta({
      description: 'What your page knows this browser or app by.',
    }),
  })
  .meta({
    id: 'Shopper',
    description: 'Who sits there: for risk alone, and kept only as keyed hashes.',
  });

const dayInSeconds = 86_400;

export const createPaymentSchema = z
  .strictObject({
    amount: z
      .int('must be an integer of minor units')
      .min(0, 'must not be negative')
      .max(Number.MAX_SAFE_INTEGER)
      .meta({
        description: 'Minor units. 0 sets a card up for later: with `save`, no money moves.',
        example: 2599,
      }),
    currency: currencySchema,
    capture_method: z.enum(['automatic', 'manual']),
    payment_method: paymentMethodSchema,
    merchant_reference: textSchema(255).optional(),
    customer: customerSchema.optional(),
    shopper: shopperSchema.optional(),
    off_session: z.boolean().optional(),
    save: z.boolean().optional(),
    submit_within_seconds: z
      .int()
      .min(1)
      .max(dayInSeconds)
      .optional()
      .meta({ description: 'Not submitted by then: canceled and never sent. Default 300.' }),
    regulated: z
      .record(z.string().min(1).max(64), z.unknown())
      .optional()
      .meta({ description: 'What the rules on regulated goods are judged by.' }),
    return_url: webUrlSchema.optional(),
    metadata: metadataSchema.optional(),
  })
  .superRefine(({ amount, save, off_session: away, payment_method: method }, context) => {
    const wrong = (path: string[], message: string): void => {
      context.addIssue({ code: 'custom', path, message });
    };
    if (amount === 0 && save !== true) wrong(['amount'], 'must be at least 1 without save');
    if (amount === 0 && method.type !== 'card' && method.type !== 'wallet') {
      wrong(['amount'], `must be at least 1 for ${method.type}`);
    }
    if (typesWithShopper.includes(method.type)) {
      if (away === true) wrong(['off_session'], `must not be true for ${method.type}`);
      if (save === true) wrong(['save'], `must not be true for ${method.type}`);
    }
  })
  .meta({ id: 'PaymentCreate' });

export const addAttemptSchema = z
  .strictObject({ payment_method: paymentMethodSchema })
  .meta({ id: 'AttemptCreate' });

export const captureSchema = z
  .strictObject({
    amount: amountSchema.optional().meta({ description: 'Default: all that is capturable.' }),
    final: z.boolean().optional().meta({ description: 'Nothing more will be captured.' }),
  })
  .meta({ id: 'CaptureCreate' });

export const incrementSchema = z
  .strictObject({
    amount: amountSchema.meta({ description: 'By how much: on top of what is authorized.' }),
  })
  .meta({ id: 'IncrementCreate' });

export const reauthorizeSchema = z
  .strictObject({
    amount: amountSchema.optional().meta({ description: 'Default: the amount of the payment.' }),
  })
  .meta({ id: 'PaymentReauthorize' });

export const cancelSchema = z
  .strictObject({ reason: reasonSchema.optional() })
  .meta({ id: 'PaymentCancel' });

export const refundSchema = z
  .strictObject({
    amount: amountSchema.optional().meta({ description: 'Default: all that is refundable.' }),
    reason: reasonSchema,
  })
  .meta({ id: 'RefundCreate' });

export const paymentParams = z.strictObject({ payment_id: z.string() });

export const listPaymentsQuery = z.strictObject({
  merchant_reference: textSchema(255).optional(),
  status: z.enum(paymentStatuses).optional(),
  created_after: instantSchema.optional(),
  created_before: instantSchema.optional(),
  ...pageQuery(idSchema('pay')),
});

export const timelineQuery = z.strictObject(
  pageQuery(z.string().regex(/^\d{1,9}$/, 'must be the next of the page before')),
);
