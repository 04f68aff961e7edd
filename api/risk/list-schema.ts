import { z } from 'zod';
import { entityKinds, listNames } from '../../domain/risk/lists.ts';
import { merchantIdPattern } from '../schema/ids.ts';
import { pageQuery } from '../list.ts';
import { instantSchema, textSchema } from '../schema/fields.ts';
import { idSchema } from '../schema/ids.ts';

const scope = z.enum(['merchant', 'global']);

export const listParams = z.strictObject({ list: z.enum(listNames) });
export const entryParams = listParams.extend({ entry_id: z.string() });

const named: Readonly<Partial<Record<(typeof entityKinds)[number], z.ZodType>>> = {
  bin: z.string().regex(/^\d{6,8}$/, 'must be six to eight digits'),
  country: z.string().regex(/^[A-Za-z]{2}$/, 'must be an ISO 3166 code of two letters'),
  email: z.string().regex(/^[^@\s]+@[^@\s]+$/, 'must be an e-mail address'),
  ip: z.union([z.ipv4(), z.ipv6()], 'must be an IP address'),
  merchant: z.string().regex(merchantIdPattern, 'must be the id of a merchant'),
};

export const entryInputSchema = z
  .strictObject({
    scope: scope.default('merchant'),
    entity: z.enum(entityKinds),
    value: textSchema(255)
      .optional()
      .meta({ description: 'Of a card its fingerprint or token; kept as a keyed hash.' }),
    payment_id: idSchema('pay').optional().meta({ description: 'The entity of this payment.' }),
    expires_at: instantSchema.optional().meta({ description: 'Left out: until it is removed.' }),
  })
  .superRefine(({ scope: of, entity, value, payment_id: payment }, context) => {
    const issue = (path: string, message: string): void => {
      context.addIssue({ code: 'custom', path: [path], message });
    };
    if ((value === undefined) === (payment === undefined)) {
      return issue('value', 'or payment_id is required, and not both');
    }
    if (of === 'global' && entity === 'customer') {
      return issue('scope', 'must be merchant: a customer is of one merchant');
    }
    const parsed = value === undefined ? undefined : named[entity]?.safeParse(value);
    for (const { message } of parsed?.error?.issues ?? []) issue('value', message);
  })
  .meta({ id: 'RiskListEntryInput' });

export const entriesQuery = z.strictObject({
  scope: scope.optional().meta({ description: 'Default merchant' }),
  entity: z.enum(entityKinds).optional(),
  ended: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: 'Those too that are over or removed' }),
  ...pageQuery(idSchema('rle')),
});

export const entrySchema = z
  .strictObject({
    object: z.literal('risk_list_entry'),
    id: z.string(),
    scope,
    list: z.enum(listNames),
    entity: z.enum(entityKinds),
    value: z.string().meta({ description: 'Of a person the keyed hash of it.' }),
    reason: z.string(),
    added_by: z.string().meta({ description: 'staff:…, or tender' }),
    added_at: z.iso.datetime(),
    expires_at: z.iso.datetime().nullable(),
    removed_at: z.iso.datetime().nullable(),
    removed_by: z.string().nullable(),
    removal_reason: z.string().nullable(),
  })
  .meta({ id: 'RiskListEntry' });

export type EntryView = z.infer<typeof entrySchema>;
