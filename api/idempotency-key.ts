/** The Idempotency-Key header, and the fingerprint that tells a repeat from another request. */
import { createHash } from 'node:crypto';
import { containsCardNumber } from './card-data.ts';
import { HttpError } from './http-errors.ts';
import { canonicalJson } from './json/canonical-json.ts';
import type { JsonValue } from './json/strict-json.ts';

const pointer = '/headers/Idempotency-Key';
const visibleAscii = /^[\x21-\x7e]{1,255}$/;

export function readIdempotencyKey(header: string | undefined): string {
  if (header === undefined || header === '') {
    throw new HttpError(
      'idempotency_key_missing',
      'Send an Idempotency-Key header: a name of your own for this one intent.',
      { errors: [{ pointer, detail: 'is required here' }] },
    );
  }
  if (!visibleAscii.test(header)) {
    throw new HttpError(
      'idempotency_key_invalid',
      'An Idempotency-Key is 1 to 255 visible ASCII characters, sent once.',
      { errors: [{ pointer, detail: 'must be 1 to 255 visible ASCII characters' }] },
    );
  }
  if (containsCardNumber(header)) {
    throw new HttpError('card_data_refused', 'A card number was found; send tokens only.', {
      errors: [{ pointer, detail: 'holds a card number' }],
    });
  }
  return header;
}

export function fingerprint(
  mode: 'test' | 'live',
  method: string,
  path: string,
  body: JsonValue,
): string {
  return createHash('sha256')
    .update([mode, method, path, canonicalJson(body)].join('\n'))
    .digest('hex');
}
