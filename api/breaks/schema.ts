import { z } from 'zod';
import { breakActions, breakKinds } from '../../domain/breaks.ts';
import { pageQuery } from '../list.ts';
import { minorUnitsSchema, textSchema } from '../schema/fields.ts';
import { idSchema } from '../schema/ids.ts';

const instant = z.iso.datetime({ offset: true });
const text = z.string();
const unknownByName = z.record(z.string(), z.unknown());

export const breakSchema = z
  .strictObject({
    object: z.literal('break'),
    id: text,
    kind: z.enum(breakKinds),
    status: z.enum(['open', 'resolved']),
    provider: text,
    reconciliation_id: text.nullable(),
    line: z.int().nullable().meta({ description: 'As counted in the file, from 1.' }),
    payment_id: text.nullable(),
    subject_id: text.nullable().meta({ description: 'The capture, refund, dispute or sale.' }),
    merchant_id: text.nullable().meta({ description: 'Null: nobody knows whose it is.' }),
    amount: minorUnitsSchema
      .nullable()
      .meta({ description: 'In question, minor units, with the sign of a line: below zero, taken from us.' }), // prettier-ignore
    currency: text.nullable(),
    expected: z.unknown().meta({ description: 'By our books.' }),
    found: z.unknown().meta({ description: 'In the file.' }),
    step: text.nullable().meta({ description: 'What Tender did by itself.' }),
    suggested_actions: z.array(z.enum(breakActions)).meta({ description: 'The likeliest first.' }),
    resolution: unknownByName.nullable(),
    opened_at: instant,
    resolved_at: instant.nullable(),
    age_seconds: z.int().meta({ description: 'Until it was resolved, or now.' }),
  })
  .meta({ id: 'Break' });

const listedSchema = z
  .strictObject({
    reconciliation_id: text,
    line: z.int(),
    kind: text,
    word: text.nullable().meta({ description: "The file's own word for a kind nobody knows." }),
    reference: text.nullable(),
    provider_reference: text.nullable(),
    parent_reference: text.nullable(),
    gross: minorUnitsSchema,
    fee: minorUnitsSchema,
    net: minorUnitsSchema,
    currency: text,
    charged: minorUnitsSchema.nullable(),
    charged_currency: text.nullable(),
    batch: text.nullable(),
    occurred_at: instant,
  })
  .meta({ id: 'SettlementLine' });

export const breakWithEvidenceSchema = breakSchema
  .extend({
    settlement_line: listedSchema.nullable(),
    detail: unknownByName,
    journal_entry_ids: z.array(text).meta({ description: 'Booked because of it.' }),
  })
  .meta({ id: 'BreakWithEvidence' });

export const breakParams = z.strictObject({ break_id: z.string() });

const filters = {
  kind: z.enum(breakKinds).optional(),
  provider: textSchema(64).optional(),
  status: z.enum(['open', 'resolved']).optional(),
  min_age_days: z
    .string()
    .regex(/^\d{1,4}$/, 'must be a number of days')
    .optional()
    .meta({ description: 'Opened so many days ago or more', example: '7' }),
  ...pageQuery(idSchema('brk')),
};
export const breaksQuery = z.strictObject(filters);

export type BreakView = z.infer<typeof breakSchema>;
export type BreakWithEvidenceView = z.infer<typeof breakWithEvidenceSchema>;
