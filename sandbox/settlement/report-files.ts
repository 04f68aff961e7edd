/** The same report in each provider's own words. */
import type { Batch, Line, Payout } from './batches.ts';
import { stampOf } from './days.ts';
import { csvLine, inMajorUnits, timeOf } from './text.ts';

export interface Report {
  readonly id: string;
  readonly provider: string;
  /** Of the days reported, from 1. */
  readonly number: number;
  readonly coversFrom: number;
  readonly coversTo: number;
  readonly lines: readonly Line[];
  readonly batches: readonly Batch[];
  readonly payouts: readonly Payout[];
}

/** A file that ends without its totals was cut off, so a day of nothing has some too. */
function totalsOf({ provider, coversFrom, batches }: Report): readonly Omit<Batch, 'provider'>[] {
  if (batches.length > 0) return batches;
  const id = `${provider}-${stampOf(coversFrom)}`;
  return [{ id, currency: '', day: coversFrom, count: 0, amount: 0n, fee: 0n }];
}

const plainHeader =
  'record,movement_id,reference,parent_id,type,amount,fee,currency,booked_at,batch_id';

/** Minor units. Of a total, `reference` is the number of its lines. */
export function plainCsv(report: Report): string {
  const closed = timeOf(report.coversTo);
  const rows = [
    ...report.lines.map((line) => [
      ...['L', line.movementId, line.reference, line.parentId, line.type],
      ...[String(line.amount), String(line.fee), line.currency],
      ...[timeOf(line.bookedAt), line.batchId],
    ]),
    ...report.payouts.map(({ id, type, amount, currency, batch }) => [
      ...['P', id, '', '', type, String(amount), '0', currency, closed, batch.id],
    ]),
    ...totalsOf(report).map(({ id, count, amount, fee, currency }) => [
      ...['T', '', String(count), '', 'total', String(amount), String(fee), currency, closed, id],
    ]),
  ];
  return [plainHeader, ...rows.map((row) => csvLine(row)), ''].join('\n');
}

const germanZone = 'Europe/Berlin';
const germanHeader = `Satzart;Vorgang;Referenz;Ursprung;Art;Betrag;Gebühr;Währung;Buchungszeit (${germanZone});Abrechnung`;
const germanTypes = {
  capture: 'Einzug',
  refund: 'Erstattung',
  dispute: 'Rückbelastung',
  dispute_reversal: 'Wiedergutschrift',
  payout: 'Auszahlung',
  collection: 'Lastschrift',
} as const;
const germanTime = new Intl.DateTimeFormat('en-GB', {
  timeZone: germanZone,
  ...{ day: '2-digit', month: '2-digit', year: 'numeric' },
  ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
});

/** 26.11.2026 13:05:59 */
function inGermany(at: number): string {
  const parts = new Map(germanTime.formatToParts(at).map(({ type, value }) => [type, value]));
  const of = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  return `${of('day')}.${of('month')}.${of('year')} ${of('hour')}:${of('minute')}:${of('second')}`;
}

/** Major units with a decimal comma, times as a clock on the wall in Berlin shows them. */
export function germanCsv(report: Report): string {
  const closed = inGermany(report.coversTo);
  const rows = [
    ...report.lines.map(({ currency, amount, fee, ...line }) => [
      ...['B', line.movementId, line.reference, line.parentId, germanTypes[line.type]],
      ...[inMajorUnits(amount, currency, ','), inMajorUnits(fee, currency, ','), currency],
      ...[inGermany(line.bookedAt), line.batchId],
    ]),
    ...report.payouts.map(({ id, type, amount, currency, batch }) => [
      ...['A', id, '', '', germanTypes[type], inMajorUnits(amount, currency, ',')],
      ...[inMajorUnits(0n, currency, ','), currency, closed, batch.id],
    ]),
    ...totalsOf(report).map(({ id, count, amount, fee, currency }) => [
      ...['S', '', String(count), '', 'Summe', inMajorUnits(amount, currency, ',')],
      ...[inMajorUnits(fee, currency, ','), currency, closed, id],
    ]),
  ];
  return [germanHeader, ...rows.map((row) => csvLine(row, ';')), ''].join('\r\n');
}

/** Minor units as decimal strings: a sum may be more than a JSON number holds exactly. */
export function jsonLines(report: Report): string {
  const records = [
    {
      ...{ record: 'header', provider: report.provider, report_id: report.id },
      covers_from: timeOf(report.coversFrom),
      covers_to: timeOf(report.coversTo),
    },
    ...report.lines.map((line) => ({
      ...{ record: 'line', movement_id: line.movementId, reference: line.reference },
      ...{ parent_id: line.parentId === '' ? null : line.parentId, type: line.type },
      ...{ amount: String(line.amount), fee: String(line.fee), currency: line.currency },
      ...{ booked_at: timeOf(line.bookedAt), batch_id: line.batchId },
    })),
    ...report.payouts.map(({ id, type, amount, currency, batch, paidAt }) => ({
      ...{ record: 'payout', payout_id: id, type, amount: String(amount), currency },
      ...{ booked_at: timeOf(paidAt), batch_id: batch.id },
    })),
    {
      record: 'footer',
      count: report.lines.length,
      totals: report.batches.map(({ currency, count, amount, fee }) => ({
        ...{ currency, count, amount: String(amount), fee: String(fee) },
      })),
    },
  ];
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}
