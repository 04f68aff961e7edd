import { z } from 'zod';
import { pageQuery } from '../list.ts';
import { instantSchema } from '../schema/fields.ts';
import { idSchema } from '../schema/ids.ts';

const statuses = ['open', 'approved', 'declined', 'lapsed'] as const;
const instant = z.iso.datetime();

export const reviewSchema = z
  .strictObject({
    object: z.literal('review'),
    id: z.string(),
    merchant_id: z.string(),
    payment_id: z.string(),
    attempt_number: z.int(),
    amount: z.int(),
    currency: z.string(),
    score: z.number().nullable().meta({ description: '0 to 1. Null: there was none.' }),
    reasons: z
      .array(z.record(z.string(), z.unknown()))
      .meta({ description: 'Why it is here: rules, lists, features; the one that decided first.' }),
    status: z.enum(statuses),
    opened_at: instant,
    due_at: instant,
    on_deadline: z
      .enum(['approve', 'decline'])
      .meta({ description: 'What is done when nobody says anything until `due_at`.' }),
    decided_by: z.string().nullable(),
    decided_at: instant.nullable(),
    decision_reason: z.string().nullable(),
  })
  .meta({ id: 'Review' });

export const reviewParams = z.strictObject({ review_id: z.string() });

export const reviewsQuery = z.strictObject({
  status: z.enum(statuses).optional(),
  payment_id: idSchema('pay').optional(),
  opened_before: instantSchema.optional(),
  ...pageQuery(idSchema('rev')),
});

export type ReviewView = z.infer<typeof reviewSchema>;
