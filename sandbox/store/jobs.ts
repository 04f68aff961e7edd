import type { DatabaseSync } from 'node:sqlite';
import { findRow, listRows } from './database.ts';

/** A change of mind still to come: an answer that will turn out wrong. */
export interface JobRow {
  /** The authorization or operation it is about. */
  readonly subject_id: string;
  readonly kind: 'late_success' | 'late_failure';
  readonly operation: 'authorize' | 'capture' | 'void' | 'refund' | 'increment';
  readonly authorization_id: string;
  readonly due_at: number;
}

export interface Jobs {
  insert(row: JobRow): void;
  remove(subjectId: string): void;
  listDue(now: number): readonly JobRow[];
  listOfAuthorization(authorizationId: string): readonly JobRow[];
  nextDueAt(): number | null;
}

export function createJobs(database: DatabaseSync): Jobs {
  const columns = 'subject_id, kind, operation, authorization_id, due_at';
  const insert = database.prepare(
    `insert into jobs (${columns}) values (:subject_id, :kind, :operation, :authorization_id, :due_at)`,
  );
  const remove = database.prepare('delete from jobs where subject_id = :subjectId');
  const listDue = database.prepare(
    `select ${columns} from jobs where due_at <= :now order by due_at, subject_id`,
  );
  const listOfAuthorization = database.prepare(
    `select ${columns} from jobs where authorization_id = :authorizationId order by subject_id`,
  );
  const nextDueAt = database.prepare('select min(due_at) as due_at from jobs');
  return {
    insert: (row) => void insert.run({ ...row }),
    remove: (subjectId) => void remove.run({ subjectId }),
    listDue: (now) => listRows<JobRow>(listDue, { now }),
    listOfAuthorization: (authorizationId) =>
      listRows<JobRow>(listOfAuthorization, { authorizationId }),
    nextDueAt: () => findRow<{ due_at: number | null }>(nextDueAt, {})?.due_at ?? null,
  };
}
