/** The rows of a CSV file (RFC 4180), a chunk's worth at a time, each with the line it ends on. */
import { CsvError, parse } from 'csv-parse';
import type { Info } from 'csv-parse';
import type { RefusalCode } from '../domain/settlement-file.ts';
import { isFormula } from './fields.ts';
import { refusal, refuse, shown } from './refusal.ts';
import type { FileRefusedError } from './refusal.ts';

export interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

export const columnsMax = 200;
const cellLengthMax = 4_096;
const rowLengthMax = 65_536;

export interface CsvDialect {
  readonly delimiter: ',' | ';';
  /** Columns in which others than provider and bank can write: not read, so not judged either. */
  readonly isFreeText?: (column: string) => boolean;
}

const codes: Partial<Record<CsvError['code'], RefusalCode>> = {
  CSV_QUOTE_NOT_CLOSED: 'truncated',
  CSV_RECORD_INCONSISTENT_FIELDS_LENGTH: 'columns',
  CSV_MAX_RECORD_SIZE: 'overlong',
};

/** The header is the first row. Rows of another number of cells than it has are refused. */
export async function* readCsv(
  text: AsyncIterable<Buffer>,
  { delimiter, isFreeText = () => false }: CsvDialect,
): AsyncGenerator<readonly CsvRow[]> {
  let rows: CsvRow[] = [];
  let judged: readonly number[] | null = null;
  let refused: unknown;
  const parser = parse({
    delimiter,
    max_record_size: rowLengthMax,
    on_record: (cells: string[], info: Info): null => {
      try {
        judged ??= header(cells, isFreeText);
        checkCells(cells, judged, info.lines);
        rows.push({ line: info.lines, cells });
      } catch (error) {
        refused ??= error;
      }
      return null;
    },
  });
  // Whoever writes hears of it already.
  parser.on('error', () => undefined);
  let last: Buffer | undefined;
  for await (const chunk of text) {
    await settle(
      (done) => parser.write(chunk, done),
      () => refused,
    );
    last = chunk;
    if (rows.length > 0) yield rows;
    rows = [];
  }
  const line = parser.info.lines;
  if (last?.at(-1) !== 0x0a) refuse('truncated', 'the last line has no end', { line });
  await settle(
    (done) => parser.end(done),
    () => refused,
  );
  if (rows.length > 0) yield rows;
}

/** The places of the columns whose cells are judged. */
function header(names: readonly string[], isFreeText: (column: string) => boolean): number[] {
  if (names.length > columnsMax) {
    refuse('columns', `${String(names.length)} columns`, { line: 1 });
  }
  return names.flatMap((name, index) => (isFreeText(name) ? [] : [index]));
}

function checkCells(cells: readonly string[], judged: readonly number[], line: number): void {
  for (const index of judged) {
    const cell = cells[index] ?? '';
    if (cell.length > cellLengthMax) {
      refuse('overlong', `${String(cell.length)} characters`, { line, field: String(index + 1) });
    }
    if (isFormula(cell)) refuse('formula', shown(cell), { line, field: String(index + 1) });
  }
}

/** What was refused of a row comes before what is wrong with one behind it. */
async function settle(
  act: (done: (error?: Error | null) => void) => void,
  refused: () => unknown,
): Promise<void> {
  const error = await new Promise<unknown>((resolve) => {
    act(resolve);
  });
  const first = refused() ?? error;
  if (first instanceof CsvError) throw asRefusal(first);
  if (first instanceof Error) throw first;
}

function asRefusal({ code, message, ...more }: CsvError): FileRefusedError {
  const line = typeof more['lines'] === 'number' ? more['lines'] : null;
  return refusal(codes[code] ?? 'syntax', shown(message), { line });
}

/** Finds the cells of a row by the names in the header: what else there is does not matter. */
export class Columns<Name extends string> {
  readonly #places: ReadonlyMap<string, number>;

  constructor(header: CsvRow, required: readonly Name[]) {
    const { line, cells } = header;
    this.#places = new Map(cells.map((name, index) => [name, index]));
    if (this.#places.size !== cells.length) refuse('columns', 'a name comes twice', { line });
    const missing = required.filter((name) => !this.#places.has(name));
    if (missing.length > 0) refuse('columns', `missing: ${missing.join(', ')}`, { line });
  }

  /** Empty where there is no such column. */
  of(row: CsvRow, name: Name): string {
    const place = this.#places.get(name);
    return place === undefined ? '' : (row.cells[place] ?? '');
  }
}
