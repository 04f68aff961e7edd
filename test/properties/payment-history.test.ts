/**
 * What must hold for every payment, whatever is lost, late, doubled or paused on its way: our books are
 * compared with the providers' at the end of random histories (`history.ts`, `truths.ts`).
 * A failure prints the seed: TENDER_TEST_SEED repeats it, TENDER_TEST_RUNS looks longer.
 */
import { beforeAll, describe, test } from '@jest/globals';
import fc from 'fast-check';
import { now } from '../support/payments.ts';
import { aRow, contracts } from './fixtures.ts';
import { histories, type Mischief } from './histories.ts';
import { live, type Lived } from './history.ts';
import { createMemoryDatabase } from './memory-database.ts';
import {
  everyMoveHasItsLine,
  everyRequestIsAnswered,
  itComesToRest,
  itIsNeverWokenForNothing,
  noMoneyIsHeldTwice,
  nothingIsTakenForNothing,
  nothingStaysInFlight,
  suspenseIsDrained,
  theBooksAreTheProviders,
  whatIsReservedIsHeld,
} from './truths.ts';

const seed = Number(process.env['TENDER_TEST_SEED'] ?? Date.now() % 2 ** 31);
const numRuns = Number(process.env['TENDER_TEST_RUNS'] ?? 300);

beforeAll(() => {
  process.stderr.write(`payment histories: TENDER_TEST_SEED=${String(seed)}\n`);
});

async function forAll(mischief: Mischief, ...truths: ((lived: Lived) => void)[]): Promise<void> {
  await fc.assert(
    fc.asyncProperty(histories(mischief), async (history) => {
      const database = createMemoryDatabase(aRow(history), 'own', now);
      const lived = await live(history, database, contracts);
      for (const truth of truths) truth(lived);
    }),
    { seed, numRuns },
  );
}

const lossy: Mischief = {
  wires: ['ok', 'refused', 'request_lost', 'reply_lost', 'late'],
  verdicts: ['no', 'page', 'pending', 'late_yes'],
  pageEnds: ['approved', 'declined'],
};
const paused: Mischief = { ...lossy, wires: [...lossy.wires, 'held', 'refused_and_held'] };
const banks: Mischief = { ...lossy, pageEnds: ['approved', 'declined', 'pending'] };

const money = [
  theBooksAreTheProviders,
  nothingIsTakenForNothing,
  whatIsReservedIsHeld,
  suspenseIsDrained,
  nothingStaysInFlight,
];

describe.each([
  { mischief: lossy, what: 'lost and late messages' },
  { mischief: paused, what: 'processes that pause' },
])('with $what', ({ mischief }) => {
  test('our books are the providers', () => forAll(mischief, ...money), 60_000);

  test(
    'a payment comes to rest, and every request is answered',
    () => forAll(mischief, itComesToRest, everyRequestIsAnswered),
    60_000,
  );
});

const honest: Mischief = { ...paused, verdicts: ['no', 'page', 'pending'] };
test(
  'no two providers hold the money at once while they keep their contracts',
  () => forAll(honest, noMoneyIsHeldTwice),
  60_000,
);

test('each move has its line in the timeline', () => forAll(paused, everyMoveHasItsLine));

test('a payment that has nothing to do is not woken', () =>
  forAll(lossy, itIsNeverWokenForNothing));

test(
  'a page that ends in a pending bank payment comes to rest too',
  () => forAll(banks, itComesToRest, ...money),
  60_000,
);
