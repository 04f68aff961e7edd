import { z } from 'zod';
import { pageQuery } from '../list.ts';
import { currencySchema, instantSchema, minorUnitsSchema, textSchema } from '../schema/fields.ts';
import { idSchema } from '../schema/ids.ts';

const side = z.enum(['debit', 'credit']);
const sums = z.strictObject({ debits: minorUnitsSchema, credits: minorUnitsSchema });

export const accountSchema = z
  .strictObject({
    object: z.literal('account'),
    code: z.string(),
    name: z.string(),
    type: z.string(),
    normal_side: side,
    must_drain: z.boolean().meta({ description: 'Must come back to zero.' }),
  })
  .meta({ id: 'Account' });

export const balanceSchema = z
  .strictObject({
    account: z.string(),
    currency: z.string(),
    pending: sums,
    posted: sums,
    balance: minorUnitsSchema.meta({ description: 'Posted, on the normal side of the account.' }),
    available: minorUnitsSchema.meta({
      description: 'The balance less what is pending against it.',
    }),
  })
  .meta({ id: 'Balance' });

export const trialBalanceSchema = z
  .strictObject({ as_of: z.iso.datetime(), data: z.array(balanceSchema) })
  .meta({ id: 'TrialBalance' });

export const journalEntrySchema = z
  .strictObject({
    id: z.string(),
    object: z.literal('journal_entry'),
    key: z.string(),
    event: z.string(),
    payment_id: z.string().nullable(),
    effective_at: z.iso.datetime(),
    recorded_at: z.iso.datetime(),
    occurred_at: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'The true date of a fact whose period was closed.' }),
    state: z.enum(['pending', 'posted']),
    resolves_id: z.string().nullable(),
    reverses_id: z.string().nullable(),
    postings: z.array(
      z.strictObject({
        account: z.string(),
        provider: z.string().nullable(),
        side,
        amount: z.int().min(1),
        currency: z.string(),
      }),
    ),
  })
  .meta({ id: 'JournalEntry' });

const times = {
  as_of: instantSchema.optional().meta({
    description: 'What had been recorded by then. The figures of one as_of never change.',
  }),
  effective_before: instantSchema.optional().meta({
    description: 'Only what had happened before.',
  }),
};

export const accountParams = z.strictObject({ code: z.string() });

export const balanceQuery = z.strictObject({
  currency: currencySchema,
  provider: textSchema(32).optional(),
  ...times,
});

export const journalEntriesQuery = z.strictObject({
  payment_id: idSchema('pay').optional(),
  account: textSchema(8).optional().meta({ description: 'Entries with a posting to it.' }),
  provider: textSchema(32).optional(),
  currency: currencySchema.optional(),
  effective_from: instantSchema.optional(),
  effective_to: instantSchema.optional().meta({ description: 'Not included.' }),
  recorded_from: instantSchema.optional(),
  recorded_to: instantSchema.optional().meta({ description: 'Not included.' }),
  ...pageQuery(idSchema('je')),
});

export const trialBalanceQuery = z.strictObject(times);

export type AccountView = z.infer<typeof accountSchema>;
export type BalanceView = z.infer<typeof balanceSchema>;
export type JournalEntryView = z.infer<typeof journalEntrySchema>;
