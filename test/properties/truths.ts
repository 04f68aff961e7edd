/** What must be so at the end of every history. Each throws with what it found. */
import { expect } from '@jest/globals';
import { isOpen } from '../../domain/payment-state.ts';
import { finalPaymentStatuses } from '../../domain/payment.ts';
import type { Lived } from './history.ts';
import type { Commit } from './memory-database.ts';

/** What was taken and given back, provider by provider; and nothing was booked twice. */
export function theBooksAreTheProviders({ providers, database }: Lived): void {
  for (const model of providers) {
    const { name } = model.provider.contract;
    expect([name, database.journal.posted('1100', name)]).toEqual([name, model.net()]);
    expect([name, model.bookedTwice()]).toEqual([name, []]);
  }
}

export function whatIsReservedIsHeld(lived: Lived): void {
  if (isParked(lived)) return;
  const { providers, database } = lived;
  for (const model of providers) {
    const { name } = model.provider.contract;
    expect([name, database.journal.pending('1100', name)]).toEqual([name, model.held()]);
  }
  expect([...database.journal.held()].filter(([, amount]) => amount !== 0n)).toEqual([]);
}

/** Refunds in flight: whoever took part in one that ended has what is theirs. */
export function nothingStaysInFlight(lived: Lived): void {
  if (isParked(lived)) return;
  for (const model of lived.providers) {
    const { name } = model.provider.contract;
    expect([name, lived.database.journal.posted('2140', name)]).toEqual([name, 0n]);
  }
}

export function suspenseIsDrained({ payment, database, providers }: Lived): void {
  const names = providers.map((model) => model.provider.contract.name);
  const waits = names.filter(
    (name) => database.journal.posted('2900', name) + database.journal.pending('2900', name) !== 0n,
  );
  const refused = payment.operations.some((o) => o.late && o.status === 'failed');
  if (!refused) expect(waits).toEqual([]);
}

export function nothingIsTakenForNothing({ payment, providers }: Lived): void {
  const taken = providers.reduce((sum, model) => sum + model.net(), 0n);
  const kept = payment.amountCaptured - payment.amountRefunded;
  const refused = payment.operations.some((o) => o.late && o.status === 'failed');
  if (!refused) expect(taken).toBe(kept);
  if (finalPaymentStatuses.includes(payment.status)) expect(kept).toBe(0n);
}

/** In doubt for good: nothing was booked, and this provider's contract never lets absence be proven. */
function isParked({ payment, providers }: Lived): boolean {
  const providerOf = new Map(payment.attempts.map((a) => [a.id, a.provider]));
  return payment.operations.some(
    (o) =>
      o.status === 'unknown' &&
      providers.some(
        (model) =>
          model.provider.contract.name === providerOf.get(o.attemptId ?? '') &&
          model.isParked(o.id),
      ),
  );
}

export function itComesToRest(lived: Lived): void {
  if (isParked(lived)) return;
  const { end, database, payment } = lived;
  expect([end.kind, database.snapshot().payment.wake_at]).toEqual(['rest', null]);
  expect([...finalPaymentStatuses, 'captured']).toContain(payment.status);
  expect(payment.operations.filter(isOpen)).toEqual([]);
}

export function everyRequestIsAnswered(lived: Lived): void {
  if (isParked(lived)) return;
  expect(lived.awaited.filter((id) => !lived.database.answers.has(id))).toEqual([]);
}

/** P2: no second provider while the first may hold money, not even for a moment. */
export function noMoneyIsHeldTwice({ heldTwice }: Lived): void {
  expect(heldTwice).toEqual([]);
}

export function itIsNeverWokenForNothing({ idleAndOverdue }: Lived): void {
  expect(idleAndOverdue).toEqual([]);
}

/** P7: each status that moved has a line in the timeline of the same commit. */
export function everyMoveHasItsLine({ database }: Lived): void {
  expect([...new Set(database.commits.flatMap(movesWithoutLine))]).toEqual([]);
}

function movesWithoutLine({ before, after, timeline }: Commit): string[] {
  const told = timeline.map((line) => `${line.kind.split('.')[0] ?? ''} ${line.to_status ?? ''}`);
  const moves: string[] = [];
  const moved = (object: string, from: string | undefined, to: string): void => {
    if (from !== undefined && from !== to && !told.includes(`${object} ${to}`)) {
      moves.push(`${object}: ${from} to ${to}`);
    }
  };
  moved('payment', before.payment.status, after.payment.status);
  for (const a of after.attempts) {
    moved('attempt', before.attempts.find((b) => b.id === a.id)?.status, a.status);
  }
  for (const o of after.operations) {
    moved(o.kind, before.operations.find((b) => b.id === o.id)?.status, o.status);
  }
  return moves;
}
