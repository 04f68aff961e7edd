/**
 * JSON as a payment service must read it. Beyond the syntax it refuses what two readers could take
 * differently or PostgreSQL cannot store: duplicate names, `__proto__`, deep nesting, NUL, lone surrogates,
 * integers that a double cannot hold, and integers in disguise (`10.0`, `1e2`). Faults never quote
 * the input.
 */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue };

export type JsonFault =
  | { readonly kind: 'syntax'; readonly detail: string }
  | { readonly kind: 'content'; readonly pointer: string; readonly detail: string };

export type JsonResult =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly fault: JsonFault };

const depthMax = 10;
const space = /[ \t\n\r]*/y;
// One character per step, so that an unclosed string costs no backtracking.
// eslint-disable-next-line no-control-regex -- JSON forbids raw control characters in strings
const stringToken = /"(?:[^"\\\0-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const numberToken = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const wordToken = /true|false|null/y;
const words: Readonly<Record<string, JsonValue>> = { true: true, false: false, null: null };

class FaultError extends Error {
  readonly fault: JsonFault;
  constructor(fault: JsonFault) {
    super(fault.detail);
    this.fault = fault;
  }
}

interface Cursor {
  readonly text: string;
  at: number;
}

export function parseStrictJson(text: string): JsonResult {
  const cursor: Cursor = { text, at: 0 };
  try {
    const value = readValue(cursor, '', 1);
    if (cursor.at < text.length) throw syntax(cursor);
    return { ok: true, value };
  } catch (error) {
    if (error instanceof FaultError) return { ok: false, fault: error.fault };
    throw error;
  }
}

function syntax(cursor: Cursor): FaultError {
  const detail =
    cursor.at >= cursor.text.length
      ? 'The body ends too early.'
      : `Not valid at character ${cursor.at + 1} of the body.`;
  return new FaultError({ kind: 'syntax', detail });
}

function content(pointer: string, detail: string): FaultError {
  return new FaultError({ kind: 'content', pointer, detail });
}

function take(cursor: Cursor, token: RegExp): RegExpExecArray | null {
  token.lastIndex = cursor.at;
  const match = token.exec(cursor.text);
  if (match !== null) cursor.at += match[0].length;
  return match;
}

function takeChar(cursor: Cursor, char: string): boolean {
  if (cursor.text[cursor.at] !== char) return false;
  cursor.at += 1;
  return true;
}

/** Reads one value and the space around it. */
function readValue(cursor: Cursor, pointer: string, depth: number): JsonValue {
  take(cursor, space);
  const value = readBareValue(cursor, pointer, depth);
  take(cursor, space);
  return value;
}

function readBareValue(cursor: Cursor, pointer: string, depth: number): JsonValue {
  const char = cursor.text[cursor.at];
  if (char === '{' || char === '[') {
    if (depth > depthMax) throw content(pointer, `is nested deeper than ${depthMax} levels`);
    cursor.at += 1;
    return char === '{' ? readObject(cursor, pointer, depth) : readArray(cursor, pointer, depth);
  }
  if (char === '"') return readString(cursor, pointer);
  const word = take(cursor, wordToken);
  if (word !== null) return words[word[0]] ?? null;
  const number = take(cursor, numberToken);
  if (number === null) throw syntax(cursor);
  return readNumber(number, pointer);
}

function readArray(cursor: Cursor, pointer: string, depth: number): JsonValue {
  const items: JsonValue[] = [];
  take(cursor, space);
  if (takeChar(cursor, ']')) return items;
  for (;;) {
    items.push(readValue(cursor, `${pointer}/${items.length}`, depth + 1));
    if (takeChar(cursor, ']')) return items;
    if (!takeChar(cursor, ',')) throw syntax(cursor);
  }
}

function readObject(cursor: Cursor, pointer: string, depth: number): JsonValue {
  const object: Record<string, JsonValue> = {};
  take(cursor, space);
  if (takeChar(cursor, '}')) return object;
  for (;;) {
    take(cursor, space);
    const name = readString(cursor, pointer);
    if (name === '__proto__') throw content(pointer, 'has a field named __proto__');
    if (Object.hasOwn(object, name)) throw content(pointer, 'has the same field twice');
    take(cursor, space);
    if (!takeChar(cursor, ':')) throw syntax(cursor);
    object[name] = readValue(cursor, `${pointer}/${escapePointer(name)}`, depth + 1);
    if (takeChar(cursor, '}')) return object;
    if (!takeChar(cursor, ',')) throw syntax(cursor);
  }
}

function readString(cursor: Cursor, pointer: string): string {
  const token = take(cursor, stringToken);
  if (token === null) throw syntax(cursor);
  const value = JSON.parse(token[0]) as string;
  const fault = textFault(value);
  if (fault !== undefined) throw content(pointer, fault);
  return value;
}

/** What no text of ours may hold, wherever it comes from. */
export function textFault(value: string): string | undefined {
  if (value.includes('\0')) return 'holds a NUL character';
  if (!value.isWellFormed()) return 'holds half a character (a lone surrogate)';
  return undefined;
}

function readNumber([literal, fraction, exponent]: RegExpExecArray, pointer: string): number {
  const value = Number(literal);
  if (!Number.isFinite(value)) throw content(pointer, 'is too large a number');
  if (!Number.isInteger(value)) return value;
  if (fraction !== undefined || exponent !== undefined) {
    throw content(pointer, 'is an integer and must be written without fraction or exponent');
  }
  if (!Number.isSafeInteger(value)) throw content(pointer, 'is too large an integer');
  return value;
}

export function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
