/** Ids: a prefix and a UUID. Anything else names nothing, so a malformed id is simply not there. */
import { z } from 'zod';
import { HttpError } from '../http-errors.ts';

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

export type IdPrefix =
  | 'pay'
  | 'att'
  | 'op'
  | 'ref'
  | 'evt'
  | 'je'
  | 'cus'
  | 'pm'
  | 'apr'
  | 'dsp'
  | 'rec'
  | 'brk'
  | 'po'
  | 'whe'
  | 'rle'
  | 'rev';

export function idPattern(prefix: IdPrefix): RegExp {
  return new RegExp(`^${prefix}_${uuid}$`);
}

/** Chosen by whoever installs Tender, so not always a UUID. */
export const merchantIdPattern = /^[0-9A-Za-z_-]{1,64}$/;

export function idSchema(prefix: IdPrefix): z.ZodString {
  return z
    .string()
    .regex(idPattern(prefix), `must be an id that begins with ${prefix}_`)
    .meta({ example: `${prefix}_019ab5e2-7c1a-7d3e-9f00-3b2a6c1d4e5f` });
}

/** The same in a path, where a bad id is 404 and not 400. */
export function requireId(prefix: IdPrefix, value: string): string {
  if (idPattern(prefix).test(value)) return value;
  throw new HttpError('not_found', 'There is no such thing here.');
}
