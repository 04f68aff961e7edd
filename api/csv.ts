/** CSV by RFC 4180, for people who open it in a spreadsheet. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';

export type CsvCell = string | number | null;

/** What a spreadsheet would take for a formula; a number of ours is none, also below zero. */
const formula = /^[=+\-@\t\r]/;
const number = /^-?\d+$/;

export function csvLine(cells: readonly CsvCell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: CsvCell): string {
  const raw = cell === null ? '' : String(cell);
  const text = formula.test(raw) && !number.test(raw) ? `'${raw}` : raw;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

async function* lines(
  rows: AsyncIterable<readonly CsvCell[]> | Iterable<readonly CsvCell[]>,
): AsyncGenerator<string> {
  for await (const row of rows) yield csvLine(row);
}

/** As fast as the caller reads. What fails on the way breaks the connection off: half a table is not one. */
export async function sendCsv(
  response: Response,
  rows: AsyncIterable<readonly CsvCell[]> | Iterable<readonly CsvCell[]>,
): Promise<void> {
  response.type('text/csv; charset=utf-8; header=present');
  await pipeline(Readable.from(lines(rows)), response).catch((error: unknown) => {
    // Whoever asked has gone: nobody is left to be told.
    if (!isPrematureClose(error)) throw error;
  });
}

function isPrematureClose(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ERR_STREAM_PREMATURE_CLOSE';
}
