import { z } from 'zod';
import { pageQuery } from '../list.ts';
import { idSchema } from '../schema/ids.ts';

const instant = z.iso.datetime({ offset: true });
const kinds = [
  'refund',
  'routing_rules',
  'resolution',
  'merchant_settings',
  'break',
  'risk_rules',
] as const;
const statuses = ['open', 'approved', 'rejected', 'lapsed'] as const;

export const approvalSchema = z
  .strictObject({
    object: z.literal('approval'),
    id: z.string(),
    kind: z.enum(kinds),
    status: z.enum(statuses),
    payment_id: z.string().nullable(),
    binds: z
      .strictObject({
        id: z.string(),
        version: z.int(),
        amount: z.int().optional(),
        currency: z.string().optional(),
      })
      .meta({ description: 'What it is about, as it was when it was asked for.' }),
    request: z.record(z.string(), z.unknown()).meta({ description: 'What is to be done.' }),
    asked_by: z.string(),
    reason: z.string(),
    decided_by: z.string().nullable(),
    decided_at: instant.nullable(),
    decision_reason: z.string().nullable(),
    created_at: instant,
    expires_at: instant,
  })
  .meta({ id: 'Approval' });

export const approvalParams = z.strictObject({ approval_id: z.string() });

export const approvalsQuery = z.strictObject({
  status: z.enum(statuses).optional(),
  kind: z.enum(kinds).optional(),
  payment_id: idSchema('pay').optional(),
  ...pageQuery(idSchema('apr')),
});

export type ApprovalView = z.infer<typeof approvalSchema>;
