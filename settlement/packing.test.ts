/** Packed files are read like plain ones, and neither break nor blow up the reader. */
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { chunksOf, refusalOf } from '../test/support/settlement-files.ts';
import { samples } from '../test/support/settlement-samples.ts';
import { FileRefusedError } from './refusal.ts';
import { unpack } from './unpack.ts';

const { file, source } = samples.alder;
const plain = Buffer.from(file);

interface Entry {
  readonly content: Buffer;
  readonly method?: 0 | 8 | 12;
  readonly flags?: number;
  readonly checksum?: number;
  readonly bytes?: number;
}

/** As programs write it: with sizes in the local header, or behind the data where bit 3 says so. */
function zip(...entries: readonly Entry[]): Buffer {
  const name = Buffer.from('report.csv');
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  for (const { content, method = 8, flags = 0, checksum, bytes } of entries) {
    const data = method === 8 ? deflateRawSync(content) : content;
    const sizes = Buffer.alloc(12);
    sizes.writeUInt32LE(checksum ?? crc32(content), 0);
    sizes.writeUInt32LE(data.length, 4);
    sizes.writeUInt32LE(bytes ?? content.length, 8);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(flags, 6);
    local.writeUInt16LE(method, 8);
    local.writeUInt16LE(name.length, 26);
    const isBehind = (flags & 8) !== 0;
    if (!isBehind) sizes.copy(local, 14);
    const descriptor = isBehind ? [Buffer.from('PK\u0007\b', 'latin1'), sizes] : [];
    locals.push(local, name, data, ...descriptor);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(flags, 8);
    central.writeUInt16LE(method, 10);
    sizes.copy(central, 16);
    central.writeUInt16LE(name.length, 28);
    directory.push(central, name);
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(Buffer.concat(locals).length, 16);
  return Buffer.concat([...locals, central, end]);
}

test.each([
  ['deflated', zip({ content: plain })],
  ['deflated, its sizes behind it', zip({ content: plain, flags: 8 })],
  ['stored', zip({ content: plain, method: 0 })],
  ['gzip', gzipSync(plain)],
])('%s is read, in chunks of any size', async (_what, packed) => {
  for (const chunkBytes of [1, 13, 4_096, packed.length - 22]) {
    expect(await refusalOf(packed, source, chunkBytes)).toBe('accepted');
  }
});

test.each([
  ['two files', zip({ content: plain }, { content: plain }), 'archive', '2 files'],
  ['encrypted', zip({ content: plain, flags: 1 }), 'archive', 'encrypted'],
  ['another method', zip({ content: plain, method: 12 }), 'archive', 'method 12'],
  ['stored without a length', zip({ content: plain, method: 0, flags: 8 }), 'archive', 'stored without its length'],
  ['another checksum', zip({ content: plain, checksum: 1 }), 'archive', 'checksum'],
  ['another length', zip({ content: plain, bytes: 1 }), 'archive', 'length'],
  ['broken data', broken(zip({ content: plain }), 60), 'archive', /^Z_/],
  ['broken gzip', broken(gzipSync(plain), 40), 'archive', /^Z_/],
  ['a zip in a gzip', gzipSync(zip({ content: plain })), 'characters', 'NUL'],
] as const)('%s is refused', async (_what, packed, code, detail) => {
  const expected = detail instanceof RegExp ? expect.stringMatching(detail) : detail;
  expect(await refusalOf(packed, source)).toMatchObject({ code, detail: expected });
}); // prettier-ignore

function broken(bytes: Buffer, at: number): Buffer {
  return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(8, 0xff), bytes.subarray(at + 8)]);
}

test('cut off anywhere, a packed file is refused', async () => {
  for (const packed of [
    zip({ content: plain }),
    zip({ content: plain, flags: 8 }),
    gzipSync(plain),
  ]) {
    for (let length = 1; length < packed.length; length += 1) {
      expect([length, await refusalOf(packed.subarray(0, length), source)]).toEqual([
        length,
        expect.objectContaining({ code: expect.any(String) }),
      ]);
    }
  }
});

const limits = { bytesMax: 5_000_000, ratioMax: 50, ratioFromBytes: 1_000_000 };

async function unpacked(packed: Buffer): Promise<number | string> {
  let bytes = 0;
  try {
    for await (const chunk of unpack(chunksOf(packed), limits)) bytes += chunk.length;
    return bytes;
  } catch (error) {
    if (error instanceof FileRefusedError) return `${error.refusal.code} after ${String(bytes)}`;
    throw error;
  }
}

test('a bomb is stopped while it goes off', async () => {
  const bomb = Buffer.alloc(50_000_000);
  for (const packed of [gzipSync(bomb), zip({ content: bomb })]) {
    const [, code, bytes] = /^(\w+) after (\d+)$/.exec(String(await unpacked(packed))) ?? [];
    expect(code).toBe('zip_bomb');
    expect(Number(bytes)).toBeLessThan(20_000_000);
  }
  expect(await unpacked(gzipSync(Buffer.alloc(900_000)))).toBe(900_000);
  expect(await unpacked(Buffer.alloc(6_000_000, 'a'))).toMatch(/^too_large after/);
});
