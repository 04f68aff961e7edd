/** Files of providers and banks, read in memory. */
import type { FetchedReport, ReportSource } from '../../domain/report-source.ts';
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
  return readChunks(chunksOf(bytes, chunkBytes), source);
}

async function readChunks(chunks: AsyncIterable<Buffer>, source: FileSource): Promise<ReadFile> {
  const { format, reading } = await openFile(chunks, source);
  const lines: CanonicalLine[] = [];
  for (;;) {
    const next = await reading.next();
    if (next.done === true) return { format, lines, summary: next.value };
    lines.push(...next.value);
  }
}

export type FetchedFile = ReadFile & Pick<FetchedReport, 'id' | 'fileName'>;

/** All that it has and is not known, as the import would read it. */
export async function readFetched(
  source: ReportSource,
  known: readonly string[] = [],
): Promise<readonly FetchedFile[]> {
  const files: FetchedFile[] = [];
  const { kind, provider } = source;
  for await (const { id, fileName, bytes } of source.fetch(new Set(known))) {
    files.push({ id, fileName, ...(await readChunks(bytes, { kind, provider, isWhole: true })) });
  }
  return files;
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
