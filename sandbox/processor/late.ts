/**
 * Answers that turn out wrong. A late success was declined and is booked afterwards; a late failure
 * was answered as done, never entered the books, and is taken back.
 */
import type { Context } from '../context.ts';
import { contractOf } from '../contracts.ts';
import type { JobRow } from '../store/jobs.ts';
import type { OperationRow } from '../store/operations.ts';
import { enqueueEvent } from '../webhooks/events.ts';
import { approved } from './authorize.ts';
import { bookAuthorization, bookOperation } from './books.ts';
import { applyOperation, refusalOf, revertOperation } from './rules.ts';

const lateFailureCode = 'late_failure';

/** Tells whether anything changed. */
function changeAuthorization(context: Context, job: JobRow): boolean {
  const { store, clock } = context;
  const row = store.authorizations.find(job.subject_id);
  if (row === undefined) return false;
  if (job.kind === 'late_failure') {
    const failed = { status: 'declined', decline_code: lateFailureCode } as const;
    store.authorizations.update({ ...row, ...failed, captured: 0, closed: 1 });
    return true;
  }
  const now = clock.now();
  const booked = approved(row, contractOf(row.provider), now);
  store.authorizations.update(booked);
  bookAuthorization(store, booked, now);
  return true;
}

/** What was possible when it was asked for may not be any more. */
function bookLate(context: Context, row: OperationRow): boolean {
  const { store, clock } = context;
  const now = clock.now();
  const contract = contractOf(row.provider);
  const requested = { ...row, final: row.final === 1 };
  const authorization = store.authorizations.find(row.authorization_id);
  if (authorization === undefined) return false;
  if (refusalOf(contract, authorization, requested, now) !== null) return false;
  store.operations.setStatus(row.id, 'succeeded', null);
  store.authorizations.update(applyOperation(contract, authorization, requested));
  bookOperation(store, row, now);
  return true;
}

function changeOperation(context: Context, job: JobRow): boolean {
  const { store } = context;
  const row = store.operations.find(job.subject_id);
  if (row === undefined) return false;
  if (job.kind === 'late_success') return bookLate(context, row);
  const authorization = store.authorizations.find(row.authorization_id);
  if (authorization === undefined) return false;
  store.operations.setStatus(row.id, 'declined', lateFailureCode);
  store.authorizations.update(revertOperation(authorization, row.kind, row.amount));
  return true;
}

function runJob(context: Context, job: JobRow): void {
  const { store } = context;
  store.jobs.remove(job.subject_id);
  const isAuthorization = job.operation === 'authorize';
  const changed = isAuthorization
    ? changeAuthorization(context, job)
    : changeOperation(context, job);
  if (!changed) return;
  const subject = isAuthorization
    ? store.authorizations.find(job.subject_id)
    : store.operations.find(job.subject_id);
  if (subject === undefined) return;
  enqueueEvent(context, {
    operation: job.operation,
    succeeded: job.kind === 'late_success',
    provider: subject.provider,
    reference: subject.reference,
    providerReference: subject.id,
  });
}

/**
 * Nothing may build on money that is about to turn out not to be there, so a further operation
 * brings the bad news forward. Inside the caller's transaction.
 */
export function settleLateFailures(context: Context, authorizationId: string): void {
  for (const job of context.store.jobs.listOfAuthorization(authorizationId)) {
    if (job.kind === 'late_failure') runJob(context, job);
  }
}

export function runDueJobs(context: Context): void {
  const { store, clock } = context;
  for (const job of store.jobs.listDue(clock.now())) {
    store.transaction(() => {
      runJob(context, job);
    });
  }
}
