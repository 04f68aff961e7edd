import { z } from 'zod';
import { isCurrency } from '../../domain/currency.ts';
import { idSchema } from '../schema/ids.ts';
import { pageQuery } from '../list.ts';

const text = z.string();
const minorUnits = z
  .string()
  .regex(/^-?\d+$/)
  .meta({ description: 'Minor units', example: '12050' });
export const payoutStatuses = [
  ...(['requested', 'submitting', 'pending', 'unknown', 'paid', 'failed'] as const),
] as const;
const currency = z
  .string()
  .refine(isCurrency, 'must be an ISO 4217 code that this service knows')
  .meta({ example: 'EUR' });

export const payoutSchema = z
  .strictObject({
    id: text,
    object: z.literal('payout'),
    merchant_id: text,
    status: z.enum(payoutStatuses),
    amount: z.int(),
    currency: text,
    /** Never its number. */
    destination: z.strictObject({ provider: text, last4: text, holder: text }),
    provider_reference: text.nullable(),
    failure_code: text.nullable(),
    /** The day of the schedule that it is of; null: asked for. */
    turn: text.nullable(),
    requested_by: text,
    status_basis: z.strictObject({ kind: text, detail: text }),
    paid_at: text.nullable(),
    created_at: text,
    updated_at: text,
  })
  .meta({ id: 'Payout' });
export type PayoutView = z.output<typeof payoutSchema>;

export const payoutInputSchema = z
  .strictObject({
    currency,
    amount: z
      .int()
      .positive()
      .max(Number.MAX_SAFE_INTEGER)
      .optional()
      .meta({ description: 'Absent: all that may be paid now' }),
  })
  .meta({ id: 'PayoutInput' });

export const payoutsQuery = z.strictObject({
  ...pageQuery(idSchema('po')),
  status: z.enum(payoutStatuses).optional(),
  currency: currency.optional(),
});

const figures = {
  pending: minorUnits,
  available: minorUnits,
  reserved: minorUnits,
  in_payout: minorUnits,
  /** What the merchant owes. */
  negative: minorUnits,
};

export const balanceSchema = z
  .strictObject({
    object: z.literal('balance'),
    merchant_id: text,
    data: z.array(
      z.strictObject({
        currency: text,
        ...figures,
        /** What refunds under way and open disputes may still take. */
        held: minorUnits,
        /** What a payout could be now, at most. */
        payable: minorUnits,
      }),
    ),
  })
  .meta({ id: 'MerchantBalance' });
export type BalanceView = z.output<typeof balanceSchema>;

const instant = z.iso.datetime({ offset: true });
export const statementQuery = z.strictObject({
  ...pageQuery(idSchema('je')),
  currency,
  from: instant,
  to: instant.optional().meta({ description: 'Not within; absent: all that is settled by now' }),
});

/** `total` is pending + available + reserved + in_payout − negative. */
const standing = z.strictObject({ ...figures, total: minorUnits });
const movementSchema = z.strictObject({
  journal_entry_id: text,
  type: text,
  reference: text,
  payment_id: text.nullable(),
  at: text,
  effective_at: text,
  /** Before what was kept of it. */
  gross: minorUnits,
  fee: minorUnits,
  ...figures,
  total: minorUnits,
});
export const statementSchema = z
  .strictObject({
    object: z.literal('statement'),
    merchant_id: text,
    currency: text,
    from: text,
    to: text,
    opening: standing,
    closing: standing,
    data: z.array(movementSchema),
    has_more: z.boolean(),
    next: text.nullable(),
  })
  .meta({ id: 'Statement' });
export type StatementView = z.output<typeof statementSchema>;
export type MovementView = z.output<typeof movementSchema>;
