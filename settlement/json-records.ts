/** JSON Lines: an object a line, a chunk's worth at a time. */
import { isFormula } from './fields.ts';
import { refuse, shown } from './refusal.ts';
import type { Place } from './refusal.ts';

const newline = 0x0a;
const lineLengthMax = 65_536;

export interface JsonRow {
  readonly line: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

export async function* readJsonLines(
  text: AsyncIterable<Buffer>,
): AsyncGenerator<readonly JsonRow[]> {
  let rest: Buffer = Buffer.alloc(0);
  let line = 0;
  for await (const chunk of text) {
    const whole = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const cut = whole.lastIndexOf(newline) + 1;
    rest = whole.subarray(cut);
    if (rest.length > lineLengthMax) refuse('overlong', 'a line without end', { line: line + 1 });
    if (cut === 0) continue;
    const rows: JsonRow[] = [];
    for (const written of whole.toString('utf8', 0, cut - 1).split('\n')) {
      line += 1;
      rows.push({ line, fields: parse(written, line) });
    }
    yield rows;
  }
  if (rest.length > 0) refuse('truncated', 'the last line has no end', { line: line + 1 });
}

function parse(written: string, line: number): Readonly<Record<string, unknown>> {
  if (written.length > lineLengthMax) {
    refuse('overlong', `${String(written.length)} characters`, { line });
  }
  try {
    const read: unknown = JSON.parse(written);
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) {
      return read as Readonly<Record<string, unknown>>;
    }
  } catch {
    // Said below.
  }
  return refuse('syntax', 'not a JSON object', { line });
}

/** Empty where it is null or not there. */
export function stringOf(value: unknown, place: Place): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return refuse('field', 'not a string', place);
  return isFormula(value) ? refuse('formula', shown(value), place) : value;
}

export function objectOf(value: unknown, place: Place): Readonly<Record<string, unknown>> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject
    ? (value as Readonly<Record<string, unknown>>)
    : refuse('field', 'not an object', place);
}

export function arrayOf(value: unknown, place: Place): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : refuse('field', 'no list', place);
}

/** A count or an amount that JSON carries as a number. */
export function integerOf(value: unknown, place: Place): bigint {
  return typeof value === 'number' && Number.isSafeInteger(value)
    ? BigInt(value)
    : refuse('amount', 'not a whole number', place);
}
