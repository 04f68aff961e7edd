/** Files of providers and banks, read in memory. */
import type { CanonicalLine, FileSummary, Refusal } from '../../domain/settlement-file.ts';
import { openFile, type FileSource } from '../../settlement/read-file.ts';
import { FileRefusedError } from '../../settlement/refusal.ts';

export interface ReadFile {
  readonly format: string;
  readonly lines: readonly CanonicalLine[];
  readonly summary: FileSummary;
}

/** In chunks of `chunkBytes`, as a network may cut them. */
export async function* chunksOf(bytes: Buffer, chunkBytes = 16_384): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

export async function readFile(
  file: string | Buffer,
  source: FileSource,
  chunkBytes?: number,
): Promise<ReadFile> {
  const bytes = typeof file === 'string' ? Buffer.from(file) : file;
  const { format, reading } = await openFile(chunksOf(bytes, chunkBytes), source);
  const lines: CanonicalLine[] = [];
  for (;;) {
    const next = await reading.next();
    if (next.done === true) return { format, lines, summary: next.value };
    lines.push(...next.value);
  }
}

/** `accepted`, or why not. */
export async function refusalOf(
  file: string | Buffer,
  source: FileSource,
  chunkBytes?: number,
): Promise<Refusal | 'accepted'> {
  try {
    await readFile(file, source, chunkBytes);
    return 'accepted';
  } catch (error) {
    if (error instanceof FileRefusedError) return error.refusal;
    throw error;
  }
}
