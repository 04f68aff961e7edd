/** What has stood still for longer than it should. */
import { sql } from 'kysely';
import type { DetectionRule } from '../domain/detection.ts';
import type { Db } from './client.ts';

export interface Detection {
  readonly kind:
    | 'unknown'
    | 'unanswered'
    | 'pending'
    | 'overdue'
    | 'payout'
    | 'events'
    | 'report'
    | 'bank'
    | 'close';
  readonly subject: string;
  readonly provider: string | null;
  readonly payment_id: string | null;
  /** When it began to be so. */
  readonly since: Date;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Detections {
  readonly opened: readonly Detection[];
  readonly closed: readonly Detection[];
}

/** Looks, and keeps what it sees: the same thing is one row until it is over. */
export async function recordDetections(
  db: Db,
  rules: readonly DetectionRule[],
): Promise<Detections> {
  const given = rules.map(({ provider, doubtMs, reportMs }) => ({
    provider,
    doubt_s: doubtMs / 1_000,
    report_s: reportMs / 1_000,
  }));
  const { rows } = await sql<Detection & { readonly change: 'opened' | 'closed' }>`
    select * from record_detections(${JSON.stringify(given)}::jsonb)`.execute(db);
  const changed = (wanted: 'opened' | 'closed'): readonly Detection[] =>
    rows.filter(({ change }) => change === wanted).map(({ change: _, ...detection }) => detection);
  return { opened: changed('opened'), closed: changed('closed') };
}

/** Those that are open, oldest first. */
export async function listDetections(db: Db, limit: number): Promise<readonly Detection[]> {
  const { rows } = await sql<Detection>`
    select kind, subject, provider, payment_id, since, detail from detections
    where closed_at is null order by since, id limit ${limit}`.execute(db);
  return rows;
}

/** By kind; none is left out. */
export async function countDetections(db: Db): Promise<Readonly<Record<string, number>>> {
  const { rows } = await sql<{ kind: string; count: number }>`
    select kind, count(*)::int as count from detections where closed_at is null group by kind`.execute(
    db,
  );
  return Object.fromEntries(rows.map(({ kind, count }) => [kind, count]));
}
