/** One case: what Tender says against what the provider's books say. */
import type { Movement } from '../sandbox-books.ts';
import type { Case, OperationName } from './cases.ts';
import { isDecided, type Subject } from './subjects.ts';

export interface Judged {
  readonly case: Case;
  readonly status: string;
  readonly basis: string;
  readonly sentCount: number;
  readonly booked: boolean;
  /** In words; empty where it is as it was. */
  readonly wrong: readonly string[];
}

const yes: Readonly<Record<OperationName, readonly string[]>> = {
  authorize: ['authorized'],
  capture: ['succeeded'],
  void: ['succeeded'],
  refund: ['succeeded'],
};
/** What was booked and then taken back by a void is no longer held: `voided`, and a no. */
const no: Readonly<Record<OperationName, readonly string[]>> = {
  authorize: ['not_sent', 'declined', 'voided'],
  capture: ['failed'],
  void: ['failed'],
  refund: ['failed'],
};

export function judgeCase(
  one: Case,
  subject: Subject | undefined,
  books: readonly Movement[],
  isEarly: boolean,
): Judged {
  const own = books.filter(
    ({ reference, operation }) => reference === one.subjectId && operation === one.operation,
  );
  const taken = books.some(
    ({ reference, operation }) => reference === one.subjectId && operation === 'void',
  );
  const stands = own.length > 0 && !(one.operation === 'authorize' && taken);
  const status = subject?.status ?? 'missing';
  const expected = (stands ? yes : no)[one.operation];
  const isOpen = subject !== undefined && !isDecided(subject);
  return {
    ...{ case: one, status, basis: subject?.basis?.kind ?? 'nothing', booked: own.length > 0 },
    sentCount: subject?.sentCount ?? 0,
    wrong: [
      ...(own.length > 1 ? [`${String(own.length)} times in the books`] : []),
      ...(isEarly ? ['decided while nobody could know'] : []),
      ...(isOpen ? [`still ${status}`] : []),
      ...(!isOpen && !expected.includes(status)
        ? [`${status}, and the books say ${stands ? 'done' : 'not done'}`]
        : []),
    ],
  };
}
