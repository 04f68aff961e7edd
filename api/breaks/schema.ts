import { z } from 'zod';
import { breakActions, breakKinds } from '../../domain/breaks.ts';
import { pageQuery } from '../list.ts';
import {
  amountSchema,
  currencySchema,
  minorUnitsSchema,
  reasonSchema,
  textSchema,
} from '../schema/fields.ts';
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
    previous_id: text
      .nullable()
      .meta({ description: 'Of the same place, over, with other figures.' }),
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

const postingSchema = z.strictObject({
  account: textSchema(8),
  side: z.enum(['debit', 'credit']),
  amount: amountSchema,
  currency: currencySchema,
});

/** Which fields belong to which action; the rest have none of their own. */
const fieldsOf: Readonly<Record<string, readonly string[]>> = {
  force_match: ['reconciliation_id', 'line', 'subject_ids'],
  amend: ['entry_id', 'postings'],
};

export const breakResolveSchema = z
  .strictObject({
    action: z.enum(breakActions),
    reason: reasonSchema.optional().meta({ description: 'Why; in place of X-Reason.' }),
    reconciliation_id: idSchema('rec').optional(),
    line: z.int().min(1).optional().meta({ description: 'force_match: where no line is known.' }),
    subject_ids: z.array(textSchema(64)).min(1).max(20).optional().meta({
      description:
        'force_match: the captures, refunds or disputes that the line is; at a bank, the payouts.',
    }),
    entry_id: idSchema('je').optional().meta({ description: 'amend: the wrong one, mirrored.' }),
    postings: z
      .array(postingSchema)
      .max(20)
      .optional()
      .meta({ description: 'amend: the right ones in its place; none: it did not happen.' }),
  })
  .superRefine(({ action, reason: _, ...fields }, context) => {
    const own = fieldsOf[action] ?? [];
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined && !own.includes(name)) {
        context.addIssue({ code: 'custom', path: [name], message: `is not of ${action}` });
      }
    }
    if (action !== 'amend') return;
    for (const name of own) {
      if (fields[name as keyof typeof fields] === undefined) {
        context.addIssue({ code: 'custom', path: [name], message: 'is required' });
      }
    }
  })
  .meta({ id: 'BreakResolve' });

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
export type BreakResolve = z.infer<typeof breakResolveSchema>;
