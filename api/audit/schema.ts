import { z } from 'zod';
import { pageQuery } from '../list.ts';
import { instantSchema, textSchema } from '../schema/fields.ts';

export const auditKinds = [
  'approval.asked',
  'approval.approved',
  'approval.rejected',
  'approval.lapsed',
  'break.resolved',
  'routing_rules.changed',
  'risk_rules.changed',
  'risk_list.added',
  'risk_list.removed',
  'review.approved',
  'review.declined',
  'review.lapsed',
  'period.closed',
  'ledger_alarm.acknowledged',
  'api_key.created',
  'api_key.revoked',
] as const;

export const actSchema = z
  .strictObject({
    object: z.literal('act'),
    id: z.string(),
    at: z.iso.datetime({ offset: true }),
    kind: z.enum(auditKinds),
    actor: z.string().meta({ description: 'staff:…, api_key:… or tender', example: 'staff:ada' }),
    reason: z.string(),
    about: z.strictObject({ type: z.string(), id: z.string() }),
    merchant_id: z.string().nullable().meta({ description: 'Null: of the whole installation.' }),
    payment_id: z.string().nullable(),
    detail: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Act' });

export const auditQuery = z.strictObject({
  kind: z.enum(auditKinds).optional(),
  actor: textSchema(200).optional(),
  object_id: textSchema(200)
    .optional()
    .meta({ description: 'Of the object, of what it is about, or of its payment' }),
  from: instantSchema.optional(),
  to: instantSchema.optional().meta({ description: 'Before this' }),
  ...pageQuery(
    textSchema(200).regex(
      /^\d{4}-\d\d-\d\dT[\d:.]{8,15}(Z|[-+]\d\d:\d\d)~[\w./-]+$/,
      'is no cursor of this list',
    ),
  ),
});

export const standingSchema = z
  .strictObject({
    object: z.literal('audit_standing'),
    ok: z
      .boolean()
      .meta({ description: 'The proofs have run within the hour, and none is broken.' }),
    unproved_seconds: z.int().min(0),
    alarms: z.array(z.strictObject({ id: z.string(), proof: z.string(), what: z.string() })),
    chain_head: z.string().nullable().meta({ description: 'Keep it elsewhere: <number>:<hash>' }),
  })
  .meta({ id: 'AuditStanding' });

export type ActView = z.infer<typeof actSchema>;
