/** A file as it was received, unpacked where it is gzip or a zip of one file, within limits. */
import { Readable, type Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { refuse } from './refusal.ts';
import { unzip } from './unzip.ts';

/** Unpacked; and so much more than packed, once it is more than a little. */
export interface UnpackLimits {
  readonly bytesMax: number;
  readonly ratioMax: number;
  readonly ratioFromBytes: number;
}

export const unpackLimits: UnpackLimits = {
  bytesMax: 2 * 1_024 ** 3,
  ratioMax: 100,
  ratioFromBytes: 4 * 1_024 ** 2,
};

export async function* unpack(
  chunks: AsyncIterable<Buffer>,
  limits: UnpackLimits = unpackLimits,
): AsyncGenerator<Buffer> {
  const { start, rest } = await peek(chunks, 4);
  let received = 0;
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of rest) {
      received += chunk.length;
      yield chunk;
    }
  }
  const unpacked = isGzip(start) ? gunzip(counted()) : isZip(start) ? unzip(counted()) : counted();
  let given = 0;
  for await (const chunk of unpacked) {
    given += chunk.length;
    if (given > limits.bytesMax) refuse('too_large', `more than ${String(limits.bytesMax)} bytes`);
    if (given > limits.ratioFromBytes && given > received * limits.ratioMax) {
      refuse('zip_bomb', `${String(limits.ratioMax)} times as much as was sent`);
    }
    yield chunk;
  }
}

function isGzip(start: Buffer): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

function isZip(start: Buffer): boolean {
  return start.length >= 4 && start.readUInt32LE(0) === 0x04034b50;
}

async function* gunzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* inflated(chunks, createGunzip());
}

/** What zlib says of broken data is that it is broken. */
export async function* inflated(
  chunks: AsyncIterable<Buffer>,
  zlib: Transform,
): AsyncGenerator<Buffer> {
  const source = Readable.from(chunks);
  // Its own error is passed on below, as the error of what is read.
  source.on('error', (error) => zlib.destroy(error));
  source.pipe(zlib);
  try {
    for await (const chunk of zlib) yield chunk as Buffer;
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code === 'Z_BUF_ERROR') refuse('truncated', 'the packed data has no end');
    if (typeof code === 'string' && code.startsWith('Z_')) refuse('archive', code);
    throw error;
  } finally {
    source.destroy();
  }
}

interface Peeked {
  readonly start: Buffer;
  /** All of it, what was peeked at as well. */
  readonly rest: AsyncIterable<Buffer>;
}

/** The first `length` bytes, or as many as there are. */
export async function peek(chunks: AsyncIterable<Buffer>, length: number): Promise<Peeked> {
  const iterator = chunks[Symbol.asyncIterator]();
  const taken: Buffer[] = [];
  let size = 0;
  while (size < length) {
    const next = await iterator.next();
    if (next.done === true) break;
    taken.push(next.value);
    size += next.value.length;
  }
  async function* rest(): AsyncGenerator<Buffer> {
    try {
      yield* taken.splice(0);
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
        yield next.value;
      }
    } finally {
      await iterator.return?.(undefined);
    }
  }
  return { start: Buffer.concat(taken), rest: rest() };
}
