/** `GET /{provider}/settlement_reports`: one report per day that is over, made from the books whenever it is asked for. */
import type { Context } from '../context.ts';
import { settlementDetails } from '../adyen/settlement.ts';
import { errorReply, jsonReply } from '../http/reply.ts';
import type { Json, Reply } from '../http/reply.ts';
import type { Request } from '../http/request.ts';
import type { Store } from '../store/store.ts';
import { batchesOf, linesOf, payoutsOf } from './batches.ts';
import { closedDays, dateOf, dayMs, firstDay, stampOf } from './days.ts';
import { germanCsv, jsonLines, plainCsv } from './report-files.ts';
import type { Report } from './report-files.ts';
import { timeOf } from './text.ts';

interface Format {
  readonly name: string;
  readonly extension: string;
  readonly contentType: string;
  write(report: Report, store: Store): string;
}

const csv = { extension: 'csv', contentType: 'text/csv; charset=utf-8' } as const;
const plain: Format = { name: 'csv', ...csv, write: plainCsv };

const formats = {
  adyen: { name: 'settlement_details', ...csv, write: settlementDetails },
  alder: plain,
  bank: plain,
  birch: { name: 'csv_semicolon', ...csv, write: germanCsv },
  cedar: {
    name: 'json_lines',
    ...{ extension: 'jsonl', contentType: 'application/x-ndjson; charset=utf-8' },
    write: jsonLines,
  },
} satisfies Readonly<Record<string, Format>>;

function formatOf(provider: string): Format | undefined {
  return Object.hasOwn(formats, provider) ? formats[provider as keyof typeof formats] : undefined;
}

const noSuchReport = errorReply(404, 'not_found', 'no_such_report', 'no day that is over');

function idOf(provider: string, day: number): string {
  return `${provider}-${stampOf(day)}`;
}

function present(provider: string, format: Format, day: number): Json {
  return {
    id: idOf(provider, day),
    name: `${provider}_settlement_${dateOf(day)}.${format.extension}`,
    format: format.name,
    covers_from: timeOf(day),
    covers_to: timeOf(day + dayMs),
    created_at: timeOf(day + dayMs),
  };
}

function reportOf(context: Context, provider: string, day: number): Report {
  const { store } = context;
  const batches = batchesOf(store, provider, day, day + dayMs);
  return {
    ...{ id: idOf(provider, day), provider, number: (day - firstDay(context)) / dayMs + 1 },
    ...{ coversFrom: day, coversTo: day + dayMs },
    lines: linesOf(store, provider, day),
    ...{ batches, payouts: payoutsOf(batches) },
  };
}

/** Null: not an address of reports. */
export function answerReports(context: Context, request: Request): Reply | null {
  const [provider = '', collection, id, ...rest] = request.segments;
  if (request.method !== 'GET' || collection !== 'settlement_reports' || rest.length > 0) {
    return null;
  }
  const format = formatOf(provider);
  if (format === undefined) return null;
  const days = closedDays(context);
  if (id === undefined) {
    const data = days.map((day) => present(provider, format, day));
    return jsonReply(200, { data });
  }
  const day = days.find((one) => idOf(provider, one) === id);
  if (day === undefined) return noSuchReport;
  return fileReply(context, provider, format, day);
}

/** Its settlement details, by the number of the batch; null: no such one is closed. */
export function findAdyenBatch(context: Context, number: number): Reply | null {
  const day = closedDays(context)[number - 1];
  return day === undefined ? null : fileReply(context, 'adyen', formats.adyen, day);
}

function fileReply(context: Context, provider: string, format: Format, day: number): Reply {
  const headers = { 'content-type': format.contentType };
  const body = format.write(reportOf(context, provider, day), context.store);
  return { status: 200, headers, body };
}
