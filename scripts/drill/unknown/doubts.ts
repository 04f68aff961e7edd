/** Makes calls whose answers never come, and says under which reference each is known. */
import type { Fault } from '../sandbox-books.ts';
import { operations, type Case, type OperationName, type ProviderName } from './cases.ts';
import { newestOperation, readSubjects } from './subjects.ts';
import { until, type Place } from './place.ts';

export interface Doubts {
  readonly truth: string;
  readonly fault: Truth;
  readonly providers: readonly ProviderName[];
  /** How long the shopper's payment may still be sent. */
  readonly submitWithinSeconds: number;
}
type Truth = 'lost_reply' | 'error_500';

/** Nobody is told anything: neither lookups nor voids by reference get an answer. */
export const silence: readonly Fault[] = [
  { operation: 'lookup', fault: 'error_500', rate: 1 },
  { operation: 'void_by_reference', fault: 'error_500', rate: 1 },
];

const doubtMsMax = 40_000;

/** One call of each kind at each provider, all of them in doubt when this is over. */
export async function makeDoubts(place: Place, doubts: Doubts): Promise<readonly Case[]> {
  const { checkout } = place;
  const wanted = doubts.providers.flatMap((provider) =>
    operations.map((operation) => ({ provider, operation })),
  );
  // What is in doubt already must not be looked up while the rest is prepared.
  await place.setFaults(silence);
  const prepared = await Promise.all(
    wanted.map(async ({ provider, operation }) =>
      operation === 'authorize' ? null : checkout.prepare(provider, operation === 'refund'),
    ),
  );
  await place.setFaults([...operations.map((operation) => ({ operation, fault: doubts.fault, rate: 1 })), ...silence]); // prettier-ignore
  return Promise.all(
    wanted.map(async ({ provider, operation }, i): Promise<Case> => {
      const paymentId = await checkout.ask(
        operation,
        provider,
        prepared[i] ?? null,
        doubts.submitWithinSeconds,
      );
      const subjectId = await until(() => unknownSubject(place, paymentId, operation), doubtMsMax);
      if (subjectId === undefined) {
        throw new Error(`${operation} of ${paymentId} at ${provider} never came into doubt`);
      }
      return { truth: doubts.truth, provider, operation, paymentId, subjectId };
    }),
  );
}

async function unknownSubject(
  { checkout, db }: Place,
  paymentId: string,
  operation: OperationName,
): Promise<string | undefined> {
  const id =
    operation === 'authorize'
      ? (await checkout.read(paymentId)).attempts[0]?.id
      : await newestOperation(db, paymentId, operation);
  if (id === undefined) return undefined;
  const subject = (await readSubjects(db, [id])).get(id);
  return subject?.status === 'unknown' ? id : undefined;
}
