import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { ProviderWebhook, ReadsWebhooks } from '../../domain/provider.ts';
import { isSignedNow } from '../signed-at.ts';
import { readDispute } from './dispute-news.ts';
import { mapEvent } from './mapping.ts';
import { parseJson } from './replies.ts';

const eventSchema = z.object({
  id: z.string().min(1).max(200),
  type: z.string().min(1).max(100),
  provider: z.string(),
  reference: z.string().min(1).max(200),
  created_at: z.iso.datetime().optional(),
  /** The object as a lookup would show it at that moment. */
  data: z.unknown().optional(),
});

/**
 * Standard Webhooks: signed over id, timestamp and the very bytes of the body, refused when older than 5
 * minutes. `secrets` is one `whsec_…`, or several with commas between while one replaces the other.
 */
export function createWebhookReader(
  provider: string,
  secrets: string,
): ReadsWebhooks['readWebhook'] {
  const keys = secrets
    .split(',')
    .map((secret) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
    // What is no base64 decodes to nothing, and by an empty key anybody can sign.
    .filter((key) => key.length > 0);
  return (rawBody, headers) => {
    const {
      'webhook-id': id = '',
      'webhook-timestamp': timestamp = '',
      'webhook-signature': signature = '',
    } = headers;
    if (!isSignedNow(timestamp) || !isSigned(keys, `${id}.${timestamp}.`, rawBody, signature))
      return null;
    const { data: event } = eventSchema.safeParse(parseJson(rawBody.toString('utf8')));
    // The secret is shared by all three, so the name inside decides whose event it is.
    if (event?.provider !== provider || event.id !== id) return null;
    const dispute = readDispute(event.type, event.reference, event.data);
    if (dispute !== null) return { ...namesOf(event), dispute };
    return { ...namesOf(event), ...claimOf(provider, event.reference, event.data) };
  };
}

function namesOf(event: z.infer<typeof eventSchema>): ProviderWebhook {
  const { id: eventId, type, reference, created_at: at } = event;
  const names = { eventId, type, reference };
  return at === undefined ? names : { ...names, toldAt: Date.parse(at) };
}

function claimOf(
  provider: string,
  reference: string,
  data: unknown,
): Pick<ProviderWebhook, 'claim'> {
  const claim = mapEvent(provider, reference, data);
  return claim === null ? {} : { claim };
}

const signatureForm = /^v\d+a?,[^\s,]+(?: v\d+a?,[^\s,]+)*$/;

/** `v1,<base64>`, several with spaces between; every key is tried on every one, whichever fits. */
function isSigned(
  keys: readonly Buffer[],
  head: string,
  rawBody: Buffer,
  signature: string,
): boolean {
  const expected = keys.map((key) =>
    Buffer.from(`v1,${createHmac('sha256', key).update(head).update(rawBody).digest('base64')}`),
  );
  if (!signatureForm.test(signature)) return false;
  const given = signature.split(' ').map((one) => Buffer.from(one));
  return expected.some((ours) =>
    given.some((theirs) => theirs.length === ours.length && timingSafeEqual(theirs, ours)),
  );
}
