/** Adyen's settlement details report: what a batch settles, by payment, and what it pays out. */
import { inMajorUnits, csvLine } from '../settlement/text.ts';
import type { Line, Payout } from '../settlement/batches.ts';
import type { Report } from '../settlement/report-files.ts';
import type { Store } from '../store/store.ts';
import { brandOf, merchantAccount } from './present.ts';

const columns = [
  'Company Account', 'Merchant Account', 'Psp Reference', 'Merchant Reference', 'Payment Method',
  'Creation Date', 'TimeZone', 'Type', 'Modification Reference', 'Gross Currency',
  'Gross Debit (GC)', 'Gross Credit (GC)', 'Exchange Rate', 'Net Currency', 'Net Debit (NC)',
  'Net Credit (NC)', 'Commission (NC)', 'Markup (NC)', 'Scheme Fees (NC)', 'Interchange (NC)',
  'Payment Method Variant', 'Modification Merchant Reference', 'Batch Number',
  'Reserved4', 'Reserved5', 'Reserved6', 'Reserved7', 'Reserved8', 'Reserved9', 'Reserved10',
] as const; // prettier-ignore

type Row = Partial<Record<(typeof columns)[number], string>>;

const companyAccount = 'TenderSandboxCompany';
const time = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/Amsterdam',
  ...{ day: '2-digit', month: '2-digit', year: 'numeric' },
  ...{ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
  timeZoneName: 'short',
});

/** On a clock in Amsterdam, which the zone's name tells from the hour that comes twice. */
function timeOf(at: number): Row {
  const parts = new Map(time.formatToParts(at).map(({ type, value }) => [type, value]));
  const of = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  const date = `${of('year')}-${of('month')}-${of('day')}`;
  const clock = `${of('hour')}:${of('minute')}:${of('second')}`;
  return { 'Creation Date': `${date} ${clock}`, TimeZone: of('timeZoneName') };
}

/** Without a sign, in the column of its side. */
function netOf(amount: bigint, currency: string): Row {
  const shown = inMajorUnits(amount < 0n ? -amount : amount, currency);
  return {
    'Net Currency': currency,
    [amount < 0n ? 'Net Debit (NC)' : 'Net Credit (NC)']: shown,
  };
}

function lineRow(store: Store, line: Line): Row {
  const { movementId, currency, amount, fee, type } = line;
  const payment = store.authorizations.find(line.parentId === '' ? movementId : line.parentId);
  const gross = inMajorUnits(amount < 0n ? -amount : amount, currency);
  return {
    'Psp Reference': payment?.id ?? '',
    'Merchant Reference': payment?.reference ?? '',
    'Payment Method': payment === undefined ? '' : brandOf(payment),
    ...timeOf(line.bookedAt),
    Type: type === 'capture' ? 'Settled' : 'Refunded',
    'Modification Reference': movementId,
    'Gross Currency': currency,
    [type === 'capture' ? 'Gross Credit (GC)' : 'Gross Debit (GC)']: gross,
    'Exchange Rate': '1',
    ...netOf(amount - fee, currency),
    'Commission (NC)': inMajorUnits(fee, currency),
    'Modification Merchant Reference': line.reference,
  };
}

/** It leaves the balance Adyen holds for us: a debit. What it collects instead comes in. */
function payoutRow({ id, amount, currency, paidAt }: Payout): Row {
  return {
    ...timeOf(paidAt),
    ...{ Type: 'MerchantPayout', 'Modification Reference': id },
    ...netOf(-amount, currency),
  };
}

export function settlementDetails(report: Report, store: Store): string {
  const rows = [
    ...report.lines.map((line) => lineRow(store, line)),
    ...report.payouts.map(payoutRow),
  ].map((row): Row => {
    const batch = { 'Batch Number': String(report.number) };
    const accounts = { 'Company Account': companyAccount, 'Merchant Account': merchantAccount };
    return { ...accounts, ...row, ...batch };
  });
  const lines = rows.map((row) => csvLine(columns.map((column) => row[column] ?? '')));
  return [csvLine(columns), ...lines, ''].join('\n');
}
