import { z } from 'zod';
import { currencySchema, minorUnitsSchema, textSchema } from '../schema/fields.ts';

const dayMs = 86_400_000;
const daysMax = 31;

const daySchema = z.iso
  .date({ error: 'must be a day such as 2026-11-25' })
  .meta({ description: 'A day, UTC; both are included.', example: '2026-11-25' });

export const verifiedMoneyQuery = z
  .strictObject({
    from: daySchema,
    to: daySchema,
    provider: textSchema(64).optional(),
    currency: currencySchema.optional(),
  })
  .superRefine(({ from, to }, context) => {
    const days = (Date.parse(to) - Date.parse(from)) / dayMs + 1;
    if (days >= 1 && days <= daysMax) return;
    const message = days < 1 ? 'must not be before from' : `must be at most ${daysMax} days on`;
    context.addIssue({ code: 'custom', path: ['to'], message });
  });

export const verifiedRowSchema = z
  .strictObject({
    day: z.iso.date(),
    provider: z.string(),
    currency: currencySchema,
    total: minorUnitsSchema.meta({ description: 'What moved that day, in absolute amounts.' }),
    matched: minorUnitsSchema,
    explained: minorUnitsSchema,
    open: minorUnitsSchema,
    waiting: minorUnitsSchema.meta({ description: 'No file could have listed it yet.' }),
    share: z
      .string()
      .regex(/^[01]\.\d{4}$/)
      .meta({ description: '(matched + explained) / total, rounded down.', example: '0.9987' }),
  })
  .meta({ id: 'VerifiedMoney' });

export const verifiedMoneySchema = z.strictObject({ data: z.array(verifiedRowSchema) });

export type VerifiedView = z.infer<typeof verifiedRowSchema>;
