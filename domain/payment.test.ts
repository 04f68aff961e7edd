import { describe, expect, test } from '@jest/globals';
import {
  attemptStatuses,
  attemptTransitions,
  finalPaymentStatuses,
  liveAttemptStatuses,
  openOperationStatuses,
  operationStatuses,
  operationTransitions,
  paymentStatuses,
  paymentTransitions,
} from './payment.ts';

/** One row per status, one column per status: `x` may move, `.` may not. Written by hand, from DESIGN 3. */
const paymentMoves = `
                        pr ra pm rc pc ca se cl fa ex bl
processing              .  x  x  x  x  x  .  x  x  x  x
requires_action         x  .  x  x  x  x  .  x  x  x  .
requires_payment_method x  .  .  .  .  .  .  x  x  .  .
requires_capture        .  .  .  .  x  x  .  x  x  x  .
partially_captured      .  .  .  x  .  x  .  x  x  x  .
captured                .  .  .  x  x  .  x  .  x  .  .
settled                 .  .  .  .  .  .  .  .  .  .  .
canceled                .  .  .  .  .  .  .  .  .  .  .
failed                  .  .  .  .  .  .  .  .  .  .  .
expired                 x  .  .  .  .  .  .  .  .  .  .
blocked                 .  .  .  .  .  .  .  .  .  .  .
`;

const attemptMoves = `
                ra su pe un au de ns vg vd ex la
requires_action .  .  x  x  x  x  .  x  x  x  .
submitting      x  .  x  x  x  x  x  .  x  .  .
pending         x  .  .  x  x  x  .  x  x  x  .
unknown         x  .  x  .  x  x  x  x  x  .  .
authorized      .  .  .  .  .  .  .  x  x  x  .
declined        .  .  .  .  .  .  .  .  .  .  x
not_sent        .  .  .  .  .  .  .  .  .  .  x
voiding         .  .  .  .  x  .  .  .  x  x  .
voided          .  .  .  .  .  .  .  .  .  .  x
expired         .  .  .  .  .  .  .  .  .  .  x
late            .  .  .  .  .  .  .  .  x  .  .
`;

const operationMoves = `
                  ap re su pe un ok no rj
requires_approval .  x  .  .  .  .  .  x
requested         .  .  x  .  x  x  x  .
submitting        .  x  .  x  x  x  x  .
pending           .  .  .  .  x  x  x  .
unknown           .  x  .  x  .  x  x  .
succeeded         .  .  .  .  .  .  x  .
failed            .  .  .  .  .  x  .  .
rejected          .  .  .  .  .  .  .  .
`;

function movesOf(matrix: string, statuses: readonly string[]): string[] {
  const rows = matrix.trim().split('\n').slice(1);
  return rows.flatMap((row) => {
    const [from = '', ...cells] = row.trim().split(/\s+/);
    return cells.flatMap((cell, i) => (cell === 'x' ? [`${from} to ${statuses[i] ?? '?'}`] : []));
  });
}

describe.each([
  { object: 'payment', matrix: paymentMoves, statuses: paymentStatuses, table: paymentTransitions },
  { object: 'attempt', matrix: attemptMoves, statuses: attemptStatuses, table: attemptTransitions },
  {
    object: 'operation',
    matrix: operationMoves,
    statuses: operationStatuses,
    table: operationTransitions,
  },
])('the moves of a $object', ({ matrix, statuses, table }) => {
  const allowed: Readonly<Record<string, readonly string[]>> = table;
  const expected = new Set(movesOf(matrix, statuses));
  const pairs = statuses.flatMap((from) => statuses.map((to) => ({ from, to })));

  test.each(pairs)('$from to $to', ({ from, to }) => {
    expect(allowed[from]?.includes(to)).toBe(expected.has(`${from} to ${to}`));
  });
});

test('exactly the final payment statuses have no way out, but for what is asked for again', () => {
  const ways = finalPaymentStatuses.flatMap((from) =>
    paymentTransitions[from].map((to) => `${from} to ${to}`),
  );
  expect(ways).toEqual(['expired to processing']);
  const others = paymentStatuses.filter((status) => !finalPaymentStatuses.includes(status));
  expect(others.filter((status) => paymentTransitions[status].length === 0)).toEqual([]);
});

test('an attempt that is not live can only turn out to be late, and late only be given back', () => {
  const closed = attemptStatuses.filter((s) => !liveAttemptStatuses.includes(s) && s !== 'late');
  expect(closed.map((status) => attemptTransitions[status])).toEqual(closed.map(() => ['late']));
  expect(attemptTransitions.late).toEqual(['voided']);
});

test('a definite attempt never becomes unknown', () => {
  const definite = ['authorized', 'voiding', 'declined', 'not_sent', 'voided', 'expired', 'late'];
  const undecided = ['submitting', 'pending', 'unknown', 'requires_action'];
  const back = attemptStatuses
    .filter((status) => definite.includes(status))
    .flatMap((status) => attemptTransitions[status].filter((to) => undecided.includes(to)));
  expect(back).toEqual([]);
});

test('an operation that is over is never open again', () => {
  const over = operationStatuses.filter((status) => !openOperationStatuses.includes(status));
  const back = over.flatMap((status) =>
    operationTransitions[status].filter((to) => openOperationStatuses.includes(to)),
  );
  expect(back).toEqual([]);
});
