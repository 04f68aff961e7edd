/** What each processor reports of each day, in its own format: 90 files of a month. */
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { feeOf } from '../../sandbox/processor/fees.ts';
import { payoutsOf, type Batch, type Line } from '../../sandbox/settlement/batches.ts';
import { dateOf, stampOf } from '../../sandbox/settlement/days.ts';
import {
  germanCsv,
  jsonLines,
  plainCsv,
  type Report,
} from '../../sandbox/settlement/report-files.ts';
import { dayMs, days, processors, type Month } from './movements.ts';

export interface ReportFile {
  readonly kind: 'settlement' | 'bank_statement';
  readonly provider: string;
  readonly name: string;
  readonly path: string;
  readonly lines: number;
  /** Nothing of it may be taken. */
  readonly isBroken: boolean;
}

const writers = { alder: plainCsv, birch: germanCsv, cedar: jsonLines } as const;

interface Row {
  readonly kind: 'capture' | 'refund';
  readonly reference: string;
  readonly movement: string;
  readonly parent: string;
  readonly amount: string;
  readonly currency: string;
  readonly at: Date;
}

/** `change`: what else a drill has a day's report say. */
export async function writeReports(
  owner: pg.Pool,
  folder: string,
  month: Month,
  change: (lines: readonly Line[], day: number) => readonly Line[] = (lines) => lines,
): Promise<readonly ReportFile[]> {
  const files: ReportFile[] = [];
  for (let index = 0; index < days; index += 1) {
    const day = month.from + index * dayMs;
    for (const provider of processors) {
      const lines = change(await linesOf(owner, provider, day), day);
      const { text, count } = textOf(provider, day, index + 1, lines);
      const name = `${provider}_settlement_${dateOf(day)}`;
      const path = join(folder, name);
      await writeFile(path, text);
      files.push({ kind: 'settlement', provider, name, path, lines: count, isBroken: false });
    }
  }
  return files;
}

async function linesOf(owner: pg.Pool, provider: string, day: number): Promise<readonly Line[]> {
  const { rows } = await owner.query<Row>(
    `select 'capture' as kind, case when is_sale then attempt_id else capture_id end as reference, capture_reference as movement,
       case when is_sale then '' else attempt_reference end as parent, amount, currency, at
     from truth.payments where provider = $1 and at >= to_timestamp($2) and at < to_timestamp($2) + interval '1 day'
     union all
     select 'refund', refund_id, refund_reference, attempt_reference, -refund, currency, refunded_at
     from truth.payments where provider = $1 and refunded_at >= to_timestamp($2) and refunded_at < to_timestamp($2) + interval '1 day'
     order by at, reference`,
    [provider, day / 1_000],
  );
  return rows.map(({ kind, reference, movement, parent, amount, currency, at }) => ({
    ...{ provider, movementId: movement, reference, parentId: parent, type: kind, currency },
    amount: BigInt(amount),
    fee: BigInt(feeOf({ provider, operation: kind, currency, amount: Math.abs(Number(amount)) })),
    bookedAt: at.getTime(),
    batchId: `${provider}-${stampOf(day)}-${currency}`,
  }));
}

/** A day's report as the processor writes it, and how many lines there are in it. */
export function textOf(
  provider: (typeof processors)[number],
  day: number,
  number: number,
  lines: readonly Line[],
): { readonly text: string; readonly count: number } {
  const report = reportOf(provider, day, number, lines);
  return { text: writers[provider](report), count: lines.length + report.payouts.length };
}

function reportOf(provider: string, day: number, number: number, lines: readonly Line[]): Report {
  const batches = new Map<string, Batch>();
  for (const { batchId: id, currency, amount, fee } of lines) {
    const empty = { id, provider, currency, day, count: 0, amount: 0n, fee: 0n };
    const known = batches.get(id) ?? empty;
    batches.set(id, {
      ...known,
      ...{ count: known.count + 1, amount: known.amount + amount, fee: known.fee + fee },
    });
  }
  const all = [...batches.values()];
  return {
    ...{ id: `${provider}-${stampOf(day)}`, provider, number, coversFrom: day },
    ...{ coversTo: day + dayMs, lines, batches: all, payouts: payoutsOf(all) },
  };
}

export function readReport({ path }: ReportFile): AsyncIterable<Buffer> {
  return createReadStream(path);
}
