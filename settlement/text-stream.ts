/** The bytes of a file as text that can be read: UTF-8 without a byte order mark, and without a NUL. */
import { isUtf8 } from 'node:buffer';
import { refuse } from './refusal.ts';

const newline = 0x0a;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** How many bytes at the end begin a character whose rest is in the next chunk. */
function unfinished(chunk: Buffer): number {
  for (let back = 1; back <= Math.min(3, chunk.length); back += 1) {
    const byte = chunk[chunk.length - back] ?? 0;
    if (byte < 0x80) return 0;
    // A leading byte says how long its character is.
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
  }
  return 0;
}

function countLines(chunk: Buffer, before = chunk.length): number {
  let lines = 0;
  for (
    let at = chunk.indexOf(newline);
    at !== -1 && at < before;
    at = chunk.indexOf(newline, at + 1)
  )
    lines += 1;
  return lines;
}

/** Halves its way to the line of the first wrong byte. */
function lineOfWrong(chunk: Buffer): number {
  let [valid, wrong] = [0, chunk.length];
  while (wrong - valid > 1) {
    const middle = (valid + wrong) >> 1;
    const cut = middle - unfinished(chunk.subarray(0, middle));
    if (cut > valid && isUtf8(chunk.subarray(valid, cut))) valid = cut;
    else if (cut <= valid) break;
    else wrong = middle;
  }
  return countLines(chunk, valid);
}

/** Chunks end at the end of a character. Refuses what is not text, with the line. */
export async function* readText(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let isFirst = true;
  let lines = 0;
  for await (const chunk of chunks) {
    let whole = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (isFirst && whole.length < byteOrderMark.length) {
      rest = whole;
      continue;
    }
    if (isFirst) whole = withoutMark(whole);
    isFirst = false;
    const cut = whole.length - unfinished(whole);
    const text = whole.subarray(0, cut);
    rest = whole.subarray(cut);
    check(text, lines);
    lines += countLines(text);
    if (text.length > 0) yield text;
  }
  if (isFirst && rest.length === 0) refuse('empty', 'no bytes');
  if (rest.length > 0) check(rest, lines);
  if (rest.length > 0) yield rest;
}

function withoutMark(start: Buffer): Buffer {
  const mark = start.readUInt16BE(0);
  if (mark === 0xfffe || mark === 0xfeff) refuse('encoding', 'UTF-16', { line: 1 });
  return start.subarray(0, 3).equals(byteOrderMark) ? start.subarray(3) : start;
}

function check(text: Buffer, linesBefore: number): void {
  const nul = text.indexOf(0);
  if (nul !== -1) {
    refuse('characters', 'NUL', { line: linesBefore + countLines(text, nul) + 1 });
  }
  if (!isUtf8(text)) {
    refuse('encoding', 'not UTF-8', { line: linesBefore + lineOfWrong(text) + 1 });
  }
}
