/**
 * Finds card numbers (promise P8): 13 to 19 digits that pass the Luhn check, written in any script and
 * grouped by spaces, dashes, dots or invisible characters, alone or inside longer text.
 *
 * One of ten digit strings passes Luhn by chance, so what cannot be a card is let through: UUIDs and
 * hashes in hex, numbers beginning with 0, with 1 (Unix times; only a few ranges of UATP can be cards) or
 * with the unassigned ranges of 2 (dates), and `+` with at most 13 digits (telephone numbers).
 */
import { escapePointer, type JsonValue } from './json/strict-json.ts';

const uuids = /(?<![0-9a-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])/gi;
const hashes = /(?<![0-9a-z])(?=\d*[a-f])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?![0-9a-z])/gi;
const digitGroups = /\d+(?:[\s\p{Pd}\p{Cf}\p{M}._·]{1,3}\d+)*/gu;
const phonePrefix = /\+\(?$/;
const phoneDigitsMax = 13;

/** Issuer ranges by network, with exact lengths: for digits that stand beside other digits. */
const branded =
  /^(?:4\d{12}|4\d{15}|4\d{18}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}|6(?:011|5\d\d|4[4-9]\d)\d{12}|62\d{14,17})$/;
const issuable = /^(?:1[0-3]\d{13}$|2(?:20[0-4]|2[2-9]|[3-6]|7[01]|720)|[3-9])/;

const decimalDigit = /\p{Nd}/u;
const digitValues = digitTable();

/** Every decimal digit of every script: they come in runs of ten. */
function digitTable(): ReadonlyMap<number, string> {
  const table = new Map<number, string>();
  let value = 0;
  for (let codePoint = 0x80; codePoint < 0x20000; codePoint += 1) {
    if (!decimalDigit.test(String.fromCodePoint(codePoint))) {
      value = 0;
      continue;
    }
    table.set(codePoint, String(value % 10));
    value += 1;
  }
  return table;
}

function withAsciiDigits(text: string): string {
  // Most text is ASCII, and then there is nothing to translate.
  return /[^\0-\x7f]/.test(text) ? Array.from(text, asciiDigit).join('') : text;
}

/** Circled and superscript digits are digits to a reader; what only contains one, such as a month, is not. */
function asciiDigit(char: string): string {
  const digit = digitValues.get(char.codePointAt(0) ?? 0);
  if (digit !== undefined) return digit;
  const compatible = char.normalize('NFKC');
  return /^\d$/.test(compatible) ? compatible : char;
}

export function containsCardNumber(text: string): boolean {
  if (text.length < 13) return false;
  const plain = withAsciiDigits(text).replace(uuids, 'U').replace(hashes, 'H');
  for (const match of plain.matchAll(digitGroups)) {
    const tokens = match[0].match(/\d+/g) ?? [];
    const digits = tokens.join('');
    const isPhone =
      digits.length <= phoneDigitsMax && phonePrefix.test(plain.slice(0, match.index));
    if (!isPhone && isCardGroup(tokens, digits)) return true;
  }
  return false;
}

function isCardGroup(tokens: readonly string[], digits: string): boolean {
  if (digits.length < 13) return false;
  if (digits.length <= 19 && issuable.test(digits) && passesLuhn(digits)) return true;
  return [...partsOf(tokens)].some((part) => branded.test(part) && passesLuhn(part));
}

/** Digits that stand on their own within the group, and the two ends of a token too long for a card. */
function* partsOf(tokens: readonly string[]): Generator<string> {
  for (const [start, first] of tokens.entries()) {
    let part = '';
    for (const token of tokens.slice(start)) {
      part += token;
      if (part.length > 19) break;
      if (part.length >= 13) yield part;
    }
    if (first.length <= 19) continue;
    for (let length = 13; length <= 19; length += 1) {
      yield first.slice(0, length);
      yield first.slice(-length);
    }
  }
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48;
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  // Zeros alone pass, and are no card.
  return sum % 10 === 0 && sum > 0;
}

/** JSON Pointer of the first card number in any field, or in the name of one; null: none. */
export function findCardNumber(value: JsonValue, pointer = ''): string | null {
  if (typeof value === 'string') return containsCardNumber(value) ? pointer : null;
  if (typeof value === 'number') return containsCardNumber(String(value)) ? pointer : null;
  if (value === null || typeof value === 'boolean') return null;
  if (Array.isArray(value)) {
    for (const [index, item] of (value as readonly JsonValue[]).entries()) {
      const found = findCardNumber(item, `${pointer}/${index}`);
      if (found !== null) return found;
    }
    return null;
  }
  for (const [name, item] of Object.entries(value)) {
    // The name itself: the pointer is then its parent's, so that it echoes nothing.
    if (containsCardNumber(name)) return pointer;
    const found = findCardNumber(item, `${pointer}/${escapePointer(name)}`);
    if (found !== null) return found;
  }
  return null;
}
