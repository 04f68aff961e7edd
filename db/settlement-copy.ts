/** Lines into their table by COPY: as fast as PostgreSQL takes them, and no faster. */
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { CanonicalLine } from '../domain/settlement-file.ts';

interface Sums {
  count: bigint;
  gross: bigint;
  fee: bigint;
  net: bigint;
}

/** By currency, minor units as decimal strings: of all lines but payouts and collections, which are their sum. */
export type LineTotals = Readonly<Record<string, Readonly<Record<keyof Sums, string>>>>;

export interface LineCopy {
  readonly take: (lines: readonly CanonicalLine[]) => Promise<void>;
  end(): Promise<{ readonly lines: number; readonly totals: LineTotals }>;
}

const columns = [
  'reconciliation_id', 'line', 'kind', 'word', 'reference', 'provider_reference', 'parent_reference', 'gross',
  'fee', 'net', 'currency', 'charged', 'charged_currency', 'batch', 'counterparty', 'occurred_at',
]; // prettier-ignore

export function copyLines(client: pg.PoolClient, id: string): LineCopy {
  const statement = `copy settlement_lines (${columns.join(', ')}) from stdin`;
  const stream = client.query(copyFrom(statement));
  // Whoever writes hears of it; broken off in between, nobody does.
  stream.on('error', () => undefined);
  const sums = new Map<string, Sums>();
  let count = 0;
  return {
    take: async (lines) => {
      if (lines.length === 0) return;
      for (const line of lines) add(sums, line);
      count += lines.length;
      const rows = Buffer.from(lines.map((line) => rowOf(id, line)).join(''));
      await new Promise<void>((resolve, reject) => {
        stream.write(rows, (error) => {
          if (error) reject(error);
          else resolve();
        });
      });
    },
    end: async () => {
      await new Promise<void>((resolve, reject) => {
        stream.once('error', reject);
        stream.end(resolve);
      });
      return { lines: count, totals: totalsOf(sums) };
    },
  };
}

function add(sums: Map<string, Sums>, { kind, currency, gross, fee, net }: CanonicalLine): void {
  if (kind === 'payout' || kind === 'collection') return;
  const sum = sums.get(currency);
  if (sum === undefined) {
    sums.set(currency, { count: 1n, gross, fee, net });
    return;
  }
  sum.count += 1n;
  sum.gross += gross;
  sum.fee += fee;
  sum.net += net;
}

function totalsOf(sums: ReadonlyMap<string, Sums>): LineTotals {
  return Object.fromEntries(
    [...sums].map(([currency, { count, gross, fee, net }]) => [
      currency,
      { count: String(count), gross: String(gross), fee: String(fee), net: String(net) },
    ]),
  );
}

/** In PostgreSQL's text format, in which of what a field may hold only the backslash needs another. */
function text(value: string | null): string {
  if (value === null) return '\\N';
  return value.includes('\\') ? value.replaceAll('\\', '\\\\') : value;
}

function rowOf(id: string, line: CanonicalLine): string {
  const charged = line.charged === null ? '\\N' : String(line.charged);
  return `${id}\t${String(line.line)}\t${line.kind}\t${text(line.word)}\t${text(line.reference)}\t${text(line.providerReference)}\t${text(line.parentReference)}\t${String(line.gross)}\t${String(line.fee)}\t${String(line.net)}\t${line.currency}\t${charged}\t${line.chargedCurrency ?? '\\N'}\t${text(line.batch)}\t${text(line.counterparty ?? null)}\t${new Date(line.occurredAt).toISOString()}\n`;
}
