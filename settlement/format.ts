/** What every format is to the import: how it is known, and how it is read. */
import type { CanonicalLine, FileSummary } from '../domain/settlement-file.ts';
import { readCsv } from './csv-records.ts';
import type { CsvDialect, CsvRow } from './csv-records.ts';
import type { Exponents } from './fields.ts';
import { refuse } from './refusal.ts';

export interface ReadContext {
  readonly provider: string;
  readonly exponents: Exponents;
  /** Whoever brought it knows that nothing is missing, so that it may list nothing and say no more. */
  readonly isWhole: boolean;
}

/** Lines as they are read, a batch at a time; at the end, what the file says of itself. Throws `FileRefusedError`. */
export type Reading = AsyncGenerator<readonly CanonicalLine[], FileSummary>;

export interface FileFormat {
  readonly name: string;
  /** By how it begins. */
  recognizes(start: string): boolean;
  read(text: AsyncIterable<Buffer>, context: ReadContext): Reading;
}

export interface RowReader {
  /** Null: a row that is no line. */
  take(row: CsvRow): CanonicalLine | null;
  end(): FileSummary;
}

export interface CsvFormat extends CsvDialect {
  readonly name: string;
  recognizes(start: string): boolean;
  open(header: CsvRow, context: ReadContext): RowReader;
}

export function csvFormat(format: CsvFormat): FileFormat {
  return {
    name: format.name,
    recognizes: (start) => format.recognizes(start),
    async *read(text, context) {
      let reader: RowReader | undefined;
      for await (const rows of readCsv(text, format)) {
        const lines: CanonicalLine[] = [];
        for (const row of rows) {
          if (reader === undefined) {
            reader = format.open(row, context);
            continue;
          }
          const line = reader.take(row);
          if (line !== null) lines.push(line);
        }
        yield lines;
      }
      return reader?.end() ?? refuse('empty', 'no header');
    },
  };
}

/** Of the first line, as it stands. */
export function firstLineOf(start: string): string {
  return start.split(/\r?\n/, 1)[0] ?? '';
}
