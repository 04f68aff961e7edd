/**
 * One payment in memory behind the same Kysely interface: applies a change the way `commit_change` does
 * (compare-and-set, transition tables, reserved amounts, ceilings, books), with a clock that a test moves.
 * `same-as-postgres.test.ts` holds it to that. Thousands of histories a second instead of dozens.
 */
import type { CompiledQuery } from 'kysely';
import type { Db } from '../../db/client.ts';
import type { PaymentRow, PaymentSnapshot } from '../../db/snapshot.ts';
import {
  attemptTransitions,
  liveAttemptStatuses,
  openOperationStatuses,
  operationTransitions,
  paymentTransitions,
} from '../../domain/payment.ts';
import { kyselyOver } from './memory-connection.ts';
import { journal, RefusedByDatabase, type Journal } from './memory-journal.ts';

type Row = Record<string, unknown>;

export interface TimelineRow {
  readonly kind: string;
  readonly from_status?: string;
  readonly to_status?: string;
  readonly evidence: Readonly<Record<string, unknown>>;
}

/** The change as `db/changes.ts` sends it. */
interface SentChange {
  readonly payment_id: string;
  readonly version: string;
  readonly payment?: Row;
  readonly attempts?: { readonly insert?: readonly Row[]; readonly update?: readonly Row[] };
  readonly operations?: { readonly insert?: readonly Row[]; readonly update?: readonly Row[] };
  readonly entries: Parameters<Journal['post']>[0];
  readonly timeline: readonly TimelineRow[];
  readonly events: readonly { readonly type: string }[];
  readonly answers?: readonly { readonly awaits_id: string; readonly status: number }[];
}

interface Tables {
  readonly payment: Row;
  readonly attempts: Row[];
  readonly operations: Row[];
}

export interface Commit {
  readonly at: number;
  readonly before: PaymentSnapshot;
  readonly after: PaymentSnapshot;
  readonly timeline: readonly TimelineRow[];
  /** As it went over the wire. */
  readonly sent: SentChange;
}

export interface MemoryDatabase {
  readonly db: Db;
  readonly journal: Journal;
  /** Every commit, oldest first. */
  readonly commits: readonly Commit[];
  /** The first answer frozen for each id; never replaced. */
  readonly answers: ReadonlyMap<string, number>;
  now(): number;
  advanceTo(instant: number): void;
  snapshot(): PaymentSnapshot;
  /** As `receive_webhook` does. */
  receiveWebhook(reference: string): void;
}

/** Its provider sends no settlement files. */
const noSettlement = { is_stated: false, statements: [], covered: [], files: [] };

const iso = (instant: number): string => new Date(instant).toISOString();

export function createMemoryDatabase(
  payment: PaymentRow,
  fundModel: 'own' | 'facilitator',
  startsAt: number,
): MemoryDatabase {
  let clock = startsAt;
  let tables: Tables = {
    payment: { ...payment, wake_at: iso(startsAt + 2_000) },
    attempts: [],
    operations: [],
  };
  const books = journal();
  const commits: Commit[] = [];
  const answers = new Map<string, number>();

  const snapshot = (): PaymentSnapshot =>
    structuredClone({
      ...tables,
      customer: null,
      fund_model: fundModel,
      now: iso(clock),
    }) as unknown as PaymentSnapshot;

  const commitChange = (change: SentChange): unknown => {
    const before = snapshot();
    if (before.payment.version !== Number(change.version)) {
      return { committed: false, snapshot: before };
    }
    const next = apply(structuredClone(tables), change, clock);
    books.post(change.entries);
    tables = next;
    for (const answer of change.answers ?? []) {
      if (!answers.has(answer.awaits_id)) answers.set(answer.awaits_id, answer.status);
    }
    const after = snapshot();
    commits.push({ at: clock, before, after, timeline: change.timeline, sent: change });
    return { committed: true, snapshot: after };
  };

  const execute = (query: CompiledQuery): Row[] => {
    if (query.sql.includes('commit_change(')) {
      return [{ result: commitChange(JSON.parse(String(query.parameters[0])) as SentChange) }];
    }
    if (query.sql.includes('payment_snapshot(')) return [{ snapshot: snapshot() }];
    if (query.sql.includes('settlement_evidence(')) return [{ result: noSettlement }];
    // No inbox: events only make the payment look.
    if (query.sql.includes('from inbox')) return [];
    throw new Error(`the memory database does not know: ${query.sql}`);
  };

  return {
    db: kyselyOver(execute),
    journal: books,
    commits,
    answers,
    now: () => clock,
    advanceTo: (instant) => {
      clock = Math.max(clock, instant);
    },
    snapshot,
    receiveWebhook: (reference) => {
      const row = [...tables.attempts, ...tables.operations].find((r) => r['id'] === reference);
      if (row === undefined) return;
      row['due_at'] = iso(clock);
      tables.payment['version'] = Number(tables.payment['version']) + 1;
      const wakeAt = iso(clock + 2_000);
      const held = tables.payment['wake_at'] as string | null;
      tables.payment['wake_at'] = held !== null && held < wakeAt ? held : wakeAt;
    },
  };
}

function apply(tables: Tables, change: SentChange, clock: number): Tables {
  const { payment, attempts, operations } = tables;
  move('payment', paymentTransitions, payment, change.payment ?? {});
  payment['version'] = Number(payment['version']) + 1;
  for (const patch of change.attempts?.update ?? []) {
    move('attempt', attemptTransitions, find('attempt', attempts, patch), patch);
  }
  for (const row of change.attempts?.insert ?? []) {
    const { amount } = payment;
    const defaults = { sent_count: 1, lookups: 0, absences: 0, provider_reference: null };
    const ours = { number: attempts.length + 1, amount, created_at: iso(clock), decline: null };
    attempts.push({ ...defaults, ...ours, expires_at: null, parked_at: null, ...row });
  }
  if (attempts.filter((a) => includes(liveAttemptStatuses, a['status'])).length > 1) {
    throw new RefusedByDatabase('23505', 'attempts_one_live');
  }
  for (const patch of change.operations?.update ?? []) {
    const row = find('operation', operations, patch);
    const was = row['status'];
    move('operation', operationTransitions, row, patch);
    if (was !== row['status']) reserve(payment, row, was);
  }
  for (const row of change.operations?.insert ?? []) {
    const unsent = { sent_count: 0, lookups: 0, absences: 0, provider_key: null, send_by: null };
    const own = { provider_reference: null, parked_at: null, excess: false };
    const defaults = { ...unsent, key_horizon: null, ...own };
    const ours = { number: operations.length + 1, created_at: iso(clock) };
    const inserted: Row = { ...defaults, ...ours, ...row };
    inserted['amount'] = Number(row['amount']);
    operations.push(inserted);
    reserve(payment, inserted, undefined);
  }
  payment['wake_at'] = wakeAt(tables, clock);
  return tables;
}

function includes(statuses: readonly string[], status: unknown): boolean {
  return statuses.includes(String(status));
}

function find(object: string, rows: readonly Row[], patch: Row): Row {
  const row = rows.find((r) => r['id'] === patch['id'] && r['status'] === patch['from_status']);
  if (row !== undefined) return row;
  const what = `${object} ${String(patch['id'])} is not ${String(patch['from_status'])}`;
  throw new RefusedByDatabase('TD008', what);
}

function move<S extends string>(
  object: string,
  table: Readonly<Record<S, readonly S[]>>,
  row: Row,
  { from_status: _, ...patch }: Row,
): void {
  const from = row['status'] as S;
  Object.assign(row, patch);
  for (const column of ['amount_authorized']) row[column] = Number(row[column] ?? 0);
  const to = row['status'] as S;
  // `unpark()`.
  if (object !== 'payment' && to !== 'unknown') row['parked_at'] = null;
  if (from !== to && !table[from].includes(to)) {
    throw new RefusedByDatabase('TD001', `${object} may not move from ${from} to ${to}`);
  }
}

/** `reserve_operation()` and the CHECKs of payments. */
function reserve(payment: Row, operation: Row, was: unknown): void {
  if (operation['late'] === true) return;
  const { kind, status } = operation;
  const amount = Number(operation['amount']);
  const isOpen = includes(openOperationStatuses, status);
  if (was === undefined && status === 'requested') {
    const isClosing = kind === 'capture' && payment['capture_closed'] === true;
    if (isClosing || (kind !== 'refund' && payment['void_open'] === true)) {
      throw new RefusedByDatabase('TD003', 'canceled or closed');
    }
  }
  const add = (column: string, value: number): void => {
    payment[column] = Number(payment[column]) + value;
  };
  const opened = (isOpen ? amount : 0) - (includes(openOperationStatuses, was) ? amount : 0);
  const done = (status === 'succeeded' ? amount : 0) - (was === 'succeeded' ? amount : 0);
  if (kind === 'increment') {
    add('amount_authorized', done);
    return;
  }
  const isExcess = operation['excess'] === true;
  if (kind === 'void') payment['void_open'] = isOpen;
  else {
    add(kind === 'capture' ? 'capture_reserved' : 'refund_reserved', opened);
    const captured = isExcess ? 'amount_excess' : 'amount_captured';
    add(kind === 'capture' ? captured : 'amount_refunded', done);
  }
  const closes =
    kind === 'void' || (kind === 'capture' && operation['final'] === true && !isExcess);
  if (closes && status === 'succeeded') payment['capture_closed'] = true;
  const sum = (...columns: string[]): number =>
    columns.reduce((total, column) => total + Number(payment[column]), 0);
  if (sum('amount_captured', 'capture_reserved') > sum('amount_authorized')) {
    throw new RefusedByDatabase('23514', 'payments_captured_within_authorized');
  }
  const back = sum('amount_refunded', 'refund_reserved', 'amount_disputed');
  // Facts: a capture taken back, a refund done after all.
  if (kind === 'capture' || (kind === 'refund' && was === 'failed')) {
    const beyond = back - sum('amount_captured');
    payment['amount_excess'] = Math.max(sum('amount_excess'), beyond);
  }
  if (back > sum('amount_captured', 'amount_excess')) {
    throw new RefusedByDatabase('23514', 'payments_refunded_within_captured');
  }
}

function wakeAt({ payment, attempts, operations }: Tables, clock: number): string | null {
  const isLive = attempts.some((a) => includes(liveAttemptStatuses, a['status']));
  const dues = [
    ...attempts
      .filter(
        (a) =>
          a['status'] !== 'authorized' ||
          payment['capture_closed'] !== true ||
          (a['due_at'] ?? null) !== (a['expires_at'] ?? null),
      )
      .map((a) => a['due_at']),
    ...operations.filter((o) => !isQueued(o, { attempts, operations })).map((o) => o['due_at']),
    payment['status'] === 'processing' && !isLive ? iso(clock) : null,
    payment['status'] === 'requires_payment_method' ? payment['expires_at'] : null,
  ].filter((due) => typeof due === 'string');
  if (dues.length === 0) return null;
  return [dues.reduce((a, b) => (a < b ? a : b)), iso(clock + 2_000)].reduce((a, b) =>
    a > b ? a : b,
  );
}

/** `is_queued()`: what waits for others is not due itself. */
function isQueued(operation: Row, { attempts, operations }: Omit<Tables, 'payment'>): boolean {
  const { kind, status, late, final, number } = operation;
  if (status !== 'requested' || late === true) return false;
  if (kind !== 'void' && !(kind === 'capture' && final === true)) return false;
  return (
    attempts.some((a) => includes(['submitting', 'pending', 'unknown'], a['status'])) ||
    operations.some(
      (o) =>
        o['kind'] === 'capture' &&
        Number(o['number']) < Number(number) &&
        includes(openOperationStatuses, o['status']),
    )
  );
}
