/**
 * A notification's shape, and its signature: HMAC-SHA256 over eight fields of its item with colons between,
 * by a key in hexadecimal, in base64.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

const word = z.string().max(200);

const itemSchema = z.object({
  eventCode: word.min(1),
  success: z.enum(['true', 'false']),
  pspReference: word.min(1),
  originalReference: word.optional(),
  merchantAccountCode: word,
  merchantReference: word.optional(),
  amount: z.object({ value: z.number().int(), currency: word }),
  reason: z.string().nullish(),
  eventDate: z.string().nullish(),
  paymentMethod: z.string().nullish(),
  additionalData: z.record(z.string(), z.unknown()).optional(),
});
export type NotificationItem = z.infer<typeof itemSchema>;

/** JSON webhooks carry one item; one that carried more would be taken in part, so it is not taken. */
const bodySchema = z.object({
  live: z.enum(['true', 'false']),
  notificationItems: z.tuple([z.object({ NotificationRequestItem: itemSchema })]),
});

/** Throws for what is no notification. */
export function readNotification(rawBody: Buffer): {
  readonly isLive: boolean;
  readonly item: NotificationItem;
} {
  const body = bodySchema.parse(JSON.parse(rawBody.toString('utf8')));
  return {
    isLive: body.live === 'true',
    item: body.notificationItems[0].NotificationRequestItem,
  };
}

export function signedFields(item: NotificationItem): readonly string[] {
  return [
    item.pspReference,
    item.originalReference ?? '',
    item.merchantAccountCode,
    item.merchantReference ?? '',
    String(item.amount.value),
    item.amount.currency,
    item.eventCode,
    item.success,
  ];
}

/** Any of the keys will do. */
export function isSigned(item: NotificationItem, hmacKeys: readonly string[]): boolean {
  const given = item.additionalData?.['hmacSignature'];
  if (typeof given !== 'string') return false;
  const text = signedFields(item).join(':');
  return hmacKeys.some((hex) => {
    // What is no hexadecimal decodes to nothing, and by an empty key anybody can sign.
    const key = Buffer.from(hex, 'hex');
    if (key.length === 0 || key.length * 2 !== hex.length) return false;
    const expected = createHmac('sha256', key).update(text, 'utf8').digest();
    // Compared as text: base64 is read so leniently that many texts would be the same bytes.
    const said = Buffer.from(given, 'utf8');
    const due = Buffer.from(expected.toString('base64'), 'utf8');
    return said.length === due.length && timingSafeEqual(said, due);
  });
}
