/** The kinds of field that several bodies and queries share. */
import { z } from 'zod';
import { currencies } from '../../domain/currency.ts';
import { textFault } from '../json/strict-json.ts';

/** Queries and headers arrive outside the strict JSON reader, so texts are checked here once more. */
export function textSchema(lengthMax: number): z.ZodString {
  return z
    .string()
    .min(1, 'must not be empty')
    .max(lengthMax, `must have at most ${lengthMax} characters`)
    .refine((value) => textFault(value) === undefined, 'holds a character that cannot be stored');
}

export const amountSchema = z
  .int('must be an integer of minor units')
  .min(1, 'must be at least 1')
  .max(Number.MAX_SAFE_INTEGER)
  .meta({ description: 'Minor units: cents, pence, yen.', example: 2599 });

export const currencySchema = z
  .enum(currencies, 'must be an ISO 4217 code in upper case that this service knows')
  .meta({ example: 'EUR' });

export const metadataSchema = z
  .record(z.string().min(1).max(40, 'names have at most 40 characters'), z.string().max(500))
  .refine((value) => Object.keys(value).length <= 50, 'must have at most 50 entries')
  .meta({ description: 'At most 50 texts of your own, of at most 500 characters each.' });

export const webUrlSchema = z
  .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
  .max(2048);

export const instantSchema = z.iso.datetime({ offset: true, error: 'must be an RFC 3339 time' });

/** Decimal string of minor units: balances may pass what a JSON number holds. */
export const minorUnitsSchema = z
  .string()
  .regex(/^-?\d+$/)
  .meta({ example: '2599' });

export const reasonSchema = textSchema(500);
