/**
 * The one file in a zip, as a stream: its local header, its data, then the directory, which must name exactly
 * that file and agree with what was read in length and checksum.
 */
import { createInflateRaw, crc32 } from 'node:zlib';
import { refusal, refuse } from './refusal.ts';
import { ByteQueue } from './byte-queue.ts';

const signatures = { local: 0x04034b50, directory: 0x02014b50, end: 0x06054b50 } as const;
const methods = { stored: 0, deflated: 8 } as const;
/** What may come behind the data: descriptor, directory, comment. */
const tailMax = 128 * 1_024;

interface LocalHeader {
  readonly method: number;
  /** 0 where it is written behind the data. */
  readonly packedBytes: number;
}

export async function* unzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const input = new ByteQueue(chunks);
  const header = await readHeader(input);
  let [bytes, checksum] = [0, 0];
  const data = header.method === methods.deflated ? inflate(input) : stored(input, header);
  for await (const chunk of data) {
    bytes += chunk.length;
    checksum = crc32(chunk, checksum);
    yield chunk;
  }
  checkDirectory(await input.takeRest(tailMax), bytes, checksum);
}

async function readHeader(input: ByteQueue): Promise<LocalHeader> {
  const fixed = (await input.take(30)) ?? refuse('truncated', 'a zip of less than a header');
  if (fixed.readUInt32LE(0) !== signatures.local) refuse('archive', 'no zip');
  const [flags, method] = [fixed.readUInt16LE(6), fixed.readUInt16LE(8)];
  if ((flags & 1) !== 0) refuse('archive', 'encrypted');
  if (method !== methods.deflated && method !== methods.stored) {
    refuse('archive', `method ${String(method)}`);
  }
  // With neither a length nor an end of its own, stored data cannot be read as a stream.
  if (method === methods.stored && (flags & 8) !== 0)
    refuse('archive', 'stored without its length');
  const names = fixed.readUInt16LE(26) + fixed.readUInt16LE(28);
  if ((await input.take(names)) === null) refuse('truncated', 'a zip of less than a header');
  const packedBytes = fixed.readUInt32LE(18);
  if (packedBytes === 0xffffffff && method === methods.stored) refuse('archive', 'zip64');
  return { method, packedBytes };
}

async function* stored(input: ByteQueue, { packedBytes }: LocalHeader): AsyncGenerator<Buffer> {
  let left = packedBytes;
  while (left > 0) {
    const chunk = await input.takeSome(left);
    if (chunk === null) return refuse('truncated', 'a zip that ends in its data');
    left -= chunk.length;
    yield chunk;
  }
}

/** A kilobyte may be a megabyte, all of which is held at once. */
const stepBytes = 16 * 1_024;

/** Deflated data knows its own end; what was read beyond it is given back. */
async function* inflate(input: ByteQueue): AsyncGenerator<Buffer> {
  const inflater = new Inflater();
  for (;;) {
    const chunk = await input.takeSome(stepBytes);
    if (chunk === null) return refuse('truncated', 'a zip that ends in its data');
    const unread = await inflater.write(chunk);
    if (unread > 0) input.giveBack(chunk.subarray(chunk.length - unread));
    yield* inflater.take();
    if (unread > 0) return;
  }
}

class Inflater {
  readonly #zlib = createInflateRaw();
  #out: Buffer[] = [];
  #fed = 0;
  #hasEnded = false;
  /** Whoever waits for the next thing to happen. */
  #happened: (error?: Error & { readonly code?: string }) => void = () => undefined;

  constructor() {
    this.#zlib.on('data', (chunk: Buffer) => this.#out.push(chunk));
    this.#zlib.on('error', (error) => {
      this.#happened(error);
    });
    this.#zlib.on('end', () => {
      this.#hasEnded = true;
      this.#happened();
    });
  }

  /** Answers how many bytes are behind the end. */
  async write(chunk: Buffer): Promise<number> {
    this.#fed += chunk.length;
    await this.#next(() => {
      this.#zlib.write(chunk, () => {
        this.#happened();
      });
    });
    const unread = this.#fed - this.#zlib.bytesWritten;
    if (unread > 0 && !this.#hasEnded) await this.#next(() => undefined);
    return unread;
  }

  take(): readonly Buffer[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  #next(start: () => void): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#happened = (error) => {
        if (error === undefined) resolve();
        else reject(refusal('archive', String(error.code)));
      };
      start();
    });
  }
}

function checkDirectory(tail: Buffer, bytes: number, checksum: number): void {
  const end = tail.lastIndexOf(signatureBytes(signatures.end));
  const hasEnd = end !== -1 && tail.length >= end + 22;
  const isWhole = hasEnd && tail.length >= end + 22 + tail.readUInt16LE(end + 20);
  if (!isWhole) refuse('truncated', 'a zip without its directory');
  const entries = tail.readUInt16LE(end + 10);
  if (entries !== 1) refuse('archive', `${String(entries)} files`);
  const directory = end - tail.readUInt32LE(end + 12);
  if (
    directory < 0 ||
    end - directory < 46 ||
    tail.readUInt32LE(directory) !== signatures.directory
  ) {
    refuse('archive', 'no directory where it should be');
  }
  if (tail.readUInt32LE(directory + 16) !== checksum) refuse('archive', 'checksum');
  if (tail.readUInt32LE(directory + 24) !== bytes % 2 ** 32) refuse('archive', 'length');
}

function signatureBytes(signature: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(signature);
  return bytes;
}
