import { z } from 'zod';
import { fileSenders } from '../../domain/settlement-file.ts';
import { pageQuery } from '../list.ts';
import { textSchema } from '../schema/fields.ts';
import { idSchema } from '../schema/ids.ts';

const text = z.string();
const instant = z.iso.datetime({ offset: true });
const kinds = ['settlement', 'bank_statement'] as const;
const statuses = ['received', 'refused', 'imported', 'matched', 'posted', 'completed'] as const;

const fields = {
  object: z.literal('reconciliation'),
  id: text,
  provider: text,
  kind: z.enum(kinds),
  status: z.enum(statuses).meta({ description: 'How far it has come.' }),
  format: text.nullable().meta({ description: 'The reader that understood it.' }),
  file_name: text.nullable(),
  sha256: text.meta({ description: 'Of the bytes as received: the same file twice is once.' }),
  bytes: z.int(),
  refusal: z
    .strictObject({
      code: text,
      line: z.int().nullable().meta({ description: 'As counted in the file, from 1.' }),
      field: text.nullable(),
      detail: text,
    })
    .nullable()
    .meta({ description: 'Why nothing of it was taken.' }),
  statement_id: text.nullable(),
  covers_from: instant.nullable(),
  covers_to: instant.nullable().meta({ description: 'Exclusive.' }),
  line_count: z.int(),
  totals: z
    .record(text, z.record(text, text))
    .meta({ description: 'By currency: count, gross, fee and net, decimal minor units.' }),
  open_breaks: z.int(),
  requested_by: text.meta({ description: '`schedule`, or who uploaded it.' }),
  received_at: instant,
  imported_at: instant.nullable(),
  matched_at: instant.nullable(),
  posted_at: instant.nullable(),
  completed_at: instant.nullable(),
};
export const reconciliationSchema = z.strictObject(fields).meta({ id: 'Reconciliation' });
export const reconciliationItemSchema = z
  .strictObject({ ...fields, matched_lines: z.int(), breaks: z.int(), entries: z.int() })
  .meta({ id: 'ReconciliationWithCounts' });

export const reconciliationLineSchema = z
  .strictObject({
    object: z.literal('settlement_line'),
    line: z.int(),
    kind: text,
    word: text.nullable(),
    reference: text.nullable(),
    provider_reference: text.nullable(),
    parent_reference: text.nullable(),
    gross: text.meta({ description: 'Decimal minor units; below zero, taken from us.' }),
    fee: text,
    net: text,
    currency: text,
    charged: text.nullable(),
    charged_currency: text.nullable(),
    batch: text.nullable(),
    occurred_at: instant,
    matches: z.array(
      z.strictObject({ subject_id: text, payment_id: text.nullable(), tier: z.int() }),
    ),
    break_ids: z.array(text),
  })
  .meta({ id: 'ReconciliationLine' });

export const fileForm = z
  .strictObject({ provider: textSchema(64), kind: z.enum(kinds) })
  .superRefine(({ provider, kind }, context) => {
    if (fileSenders[kind].includes(provider)) return;
    const message = `must be one of ${fileSenders[kind].join(', ')}`;
    context.addIssue({ code: 'custom', path: ['provider'], message });
  });

export const reconciliationParams = z.strictObject({ reconciliation_id: z.string() });
export const reconciliationsQuery = z.strictObject({
  provider: textSchema(64).optional(),
  kind: z.enum(kinds).optional(),
  status: z.enum(statuses).optional(),
  ...pageQuery(idSchema('rec')),
});
export const linesQuery = z.strictObject(
  pageQuery(z.string().regex(/^\d{1,10}$/, 'must be the number of a line')),
);

export type ReconciliationView = z.infer<typeof reconciliationSchema>;
export type ReconciliationItemView = z.infer<typeof reconciliationItemSchema>;
export type ReconciliationLineView = z.infer<typeof reconciliationLineSchema>;
