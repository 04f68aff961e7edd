import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import type { ProviderWebhook } from '../../domain/provider.ts';

const eventSchema = z.object({
  id: z.string().min(1).max(200),
  type: z.string().min(1).max(100),
  provider: z.string(),
  reference: z.string().min(1).max(200),
});

export type WebhookReader = (
  rawBody: Buffer,
  headers: Readonly<Record<string, string | undefined>>,
) => ProviderWebhook | null;

/** Standard Webhooks: signed over id, timestamp and raw body, refused when older than 5 minutes. */
export function createWebhookReader(provider: string, secret: string): WebhookReader {
  const verifier = new Webhook(secret);
  return (rawBody, headers) => {
    const {
      'webhook-id': id = '',
      'webhook-timestamp': timestamp = '',
      'webhook-signature': signature = '',
    } = headers;
    try {
      const signed = { 'webhook-id': id, 'webhook-timestamp': timestamp };
      const payload = verifier.verify(rawBody.toString('utf8'), {
        ...signed,
        'webhook-signature': signature,
      });
      const event = eventSchema.parse(payload);
      // The secret is shared by all three, so the name inside decides whose event it is.
      if (event.provider !== provider || event.id !== id) return null;
      return { eventId: event.id, type: event.type, reference: event.reference };
    } catch {
      return null;
    }
  };
}
