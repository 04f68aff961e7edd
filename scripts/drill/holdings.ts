/** The books, added up: what each try holds and took at its provider, by the provider's own account. */
import type { AttemptRecord, OperationRecord, Records } from './records.ts';
import type { Movement } from './sandbox-books.ts';

export interface Holding {
  readonly attempt: AttemptRecord;
  readonly operations: readonly OperationRecord[];
  readonly movements: readonly Movement[];
  readonly authorized: bigint;
  readonly captured: bigint;
  readonly voided: bigint;
  readonly refunded: bigint;
  /** Still reserved on the shopper's card. */
  readonly open: bigint;
}

export interface Settled {
  readonly holdings: readonly Holding[];
  /** Under a reference that no row of ours has. */
  readonly orphans: readonly Movement[];
}

export function addUp(records: Records, books: readonly Movement[]): Settled {
  const byReference = Map.groupBy(books, ({ reference }) => reference);
  const byAttempt = Map.groupBy(records.operations, ({ attempt_id }) => attempt_id);
  const known = new Set<string>();
  const holdings = records.attempts.map((attempt) => {
    const operations = byAttempt.get(attempt.id) ?? [];
    const references = [attempt.id, ...operations.map(({ id }) => id)];
    for (const reference of references) known.add(reference);
    const movements = references.flatMap((reference) => byReference.get(reference) ?? []);
    return holdingOf(attempt, operations, movements);
  });
  return { holdings, orphans: books.filter(({ reference }) => !known.has(reference)) };
}

function holdingOf(
  attempt: AttemptRecord,
  operations: readonly OperationRecord[],
  movements: readonly Movement[],
): Holding {
  const total = (wanted: Movement['operation']): bigint =>
    movements
      .filter(({ operation }) => operation === wanted)
      .reduce((sum, { amount }) => sum + amount, 0n);
  const [authorized, captured] = [total('authorize'), total('capture')];
  const [voided, refunded] = [total('void'), total('refund')];
  // A final capture gives the rest back, of which the books say nothing: it is no movement.
  const isClosed = movements.some(
    ({ operation, reference }) =>
      operation === 'capture' &&
      (reference === attempt.id || operations.some(({ id, final }) => id === reference && final)),
  );
  const open = isClosed ? 0n : authorized - captured - voided;
  return { attempt, operations, movements, authorized, captured, voided, refunded, open };
}
