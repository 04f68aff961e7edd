/** `GET /bank_account/statements`: our account at our own bank, a statement per day from the first payout on. */
import type { Context } from '../context.ts';
import { errorReply, invalidRequest, jsonReply } from '../http/reply.ts';
import type { Json, Reply } from '../http/reply.ts';
import type { Request } from '../http/request.ts';
import { statementIdOf, statementOf } from './account.ts';
import { batchesOf, payoutsOf } from './batches.ts';
import { closedDays, dayMs } from './days.ts';
import { camt053, statementCsv } from './statement-files.ts';
import { timeOf } from './text.ts';

const writers = {
  camt053: { contentType: 'application/xml; charset=utf-8', write: camt053 },
  csv: { contentType: 'text/csv; charset=utf-8', write: statementCsv },
} as const;

const noSuchStatement = errorReply(
  404,
  'not_found',
  'no_such_statement',
  'no day with a statement',
);

/** Days that are over, from the first with money on the account. */
function statementDays(context: Context): readonly number[] {
  const days = closedDays(context);
  const first = days.findIndex(
    (day) => payoutsOf(batchesOf(context.store, null, day, day + dayMs)).length > 0,
  );
  // What the first day earned is paid on the next.
  return first === -1 ? [] : days.slice(first + 1);
}

function present(day: number): Json {
  return {
    id: statementIdOf(day),
    ...{
      covers_from: timeOf(day),
      covers_to: timeOf(day + dayMs),
      created_at: timeOf(day + dayMs),
    },
    formats: Object.keys(writers),
  };
}

function isFormat(name: string): name is keyof typeof writers {
  return Object.hasOwn(writers, name);
}

/** Null: not an address of statements. */
export function answerStatements(context: Context, request: Request): Reply | null {
  const [first, collection, id, ...rest] = request.segments;
  if (request.method !== 'GET' || rest.length > 0) return null;
  if (first !== 'bank_account' || collection !== 'statements') return null;
  const days = statementDays(context);
  if (id === undefined) return jsonReply(200, { data: days.map(present) });
  const format = request.query.get('format') ?? 'camt053';
  if (!isFormat(format)) return invalidRequest('format: camt053 or csv');
  const index = days.findIndex((day) => statementIdOf(day) === id);
  const day = days[index];
  if (day === undefined) return noSuchStatement;
  const { contentType, write } = writers[format];
  const body = write(statementOf(context, day, index + 1));
  return { status: 200, headers: { 'content-type': contentType }, body };
}
