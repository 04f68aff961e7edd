import { z } from 'zod';
import { pageQuery } from '../list.ts';
import { idSchema } from '../schema/ids.ts';

const states = ['waiting', 'unmatched', 'mismatch'] as const;
const withheld = 'Null: it may name a person or a card, and is in the inbox alone.';

export const webhookEventSchema = z
  .strictObject({
    id: z.string(),
    object: z.literal('webhook_event'),
    provider: z.string(),
    event_id: z
      .string()
      .nullable()
      .meta({ description: `The provider's own id. ${withheld}` }),
    type: z.string().nullable().meta({ description: withheld }),
    reference: z
      .string()
      .nullable()
      .meta({ description: `What it says it is about, as a rule an id of ours. ${withheld}` }),
    state: z.enum(states),
    payment_id: z.string().nullable(),
    says: z
      .strictObject({
        kind: z.string(),
        outcome: z.string().nullable(),
        amount: z.string().nullable().meta({ description: 'Minor units.' }),
        currency: z.string().nullable(),
      })
      .nullable()
      .meta({ description: 'What could be read of what became of it; a claim, and no fact.' }),
    received_at: z.iso.datetime(),
    told_at: z.iso.datetime().nullable().meta({ description: "By the provider's clock." }),
  })
  .meta({ id: 'WebhookEvent' });

export const webhookEventsQuery = z.strictObject({
  state: z.enum(states).optional().meta({ description: 'Default: unmatched.' }),
  provider: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,31}$/, 'must be the name of a provider')
    .optional(),
  ...pageQuery(idSchema('whe')),
});

export type WebhookEventView = z.infer<typeof webhookEventSchema>;
