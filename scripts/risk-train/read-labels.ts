/**
 * Labeled feature vectors: a CSV file whose header names features, `label` (1: fraud, 0: none) and `at` (RFC 3339
 * with an offset, or seconds since 1970), in any order. What is wrong is refused with its line and column: a row left out unseen
 * would be a model trained on something else.
 */
import { parse } from 'csv-parse/sync';
import type { Samples } from '../../domain/risk/training/samples.ts';

const featureName = /^[a-z][a-z0-9_]{0,63}$/;
/** Of a number, as programs write them. */
const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const dateTime = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

interface Row {
  readonly values: readonly number[];
  readonly label: number;
  readonly at: number;
}

/** In order of time, whatever the file's; rows of one time keep theirs. Throws an Error that says where. */
export function readLabels(text: string): Samples {
  const [header, ...records] = parseCsv(text);
  if (header === undefined) throw new Error('line 1: there is no header');
  const names = header.cells;
  checkHeader(names);
  const features = names.filter((name) => name !== 'label' && name !== 'at');
  const rows = records.map((record) => readRow(record, names));
  if (rows.length === 0) throw new Error(`line ${header.line + 1}: there are no rows`);
  const sorted = rows.toSorted((a, b) => a.at - b.at);
  return {
    features,
    columns: features.map((_, index) =>
      Float64Array.from(sorted, ({ values }) => values[index] ?? 0),
    ),
    labels: Uint8Array.from(sorted, ({ label }) => label),
    at: Float64Array.from(sorted, ({ at }) => at),
  };
}

interface Line {
  readonly line: number;
  readonly cells: readonly string[];
}

function parseCsv(text: string): readonly Line[] {
  const parsed = parse(text, {
    ...{ bom: true, info: true, trim: true, skip_empty_lines: true, relax_column_count: true },
  }) as unknown as readonly {
    readonly info: { readonly lines: number };
    readonly record: string[];
  }[];
  return parsed.map(({ info, record }) => ({ line: info.lines, cells: record }));
}

function checkHeader(names: readonly string[]): void {
  for (const [index, name] of names.entries()) {
    const place = `line 1, column ${index + 1}`;
    if (!featureName.test(name))
      throw new Error(`${place}: ${JSON.stringify(name)} is no name of a feature`);
    if (names.indexOf(name) !== index) throw new Error(`${place}: ${name} is there twice`);
  }
  for (const needed of ['label', 'at']) {
    if (!names.includes(needed)) throw new Error(`line 1: there is no column ${needed}`);
  }
  if (names.length < 3) throw new Error('line 1: there is no feature');
}

function readRow({ line, cells }: Line, names: readonly string[]): Row {
  if (cells.length !== names.length) {
    throw new Error(`line ${line}: ${cells.length} columns, the header has ${names.length}`);
  }
  const values: number[] = [];
  let [label, at] = [0, 0];
  for (const [index, name] of names.entries()) {
    const cell = cells[index] ?? '';
    const refuse = (must: string): never => {
      throw new Error(`line ${line}, column ${index + 1} (${name}): must be ${must}, is ${JSON.stringify(cell)}`); // prettier-ignore
    };
    if (name === 'label') label = cell === '0' || cell === '1' ? Number(cell) : refuse('0 or 1');
    else if (name === 'at')
      at = secondsOf(cell) ?? refuse('a time with an offset, or seconds since 1970'); // prettier-ignore
    else values.push(numberOf(cell) ?? refuse('a number'));
  }
  return { values, label, at };
}

function numberOf(cell: string): number | undefined {
  const value = decimal.test(cell) ? Number(cell) : NaN;
  return Number.isFinite(value) ? value : undefined;
}

function secondsOf(cell: string): number | undefined {
  if (!dateTime.test(cell)) return numberOf(cell);
  const ms = Date.parse(cell);
  return Number.isNaN(ms) ? undefined : ms / 1_000;
}
