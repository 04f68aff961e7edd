/**
 * The gate closes: a history that tells of another way than the code goes is refused as
 * non-deterministic, whichever kind of difference it is.
 */
import { beforeAll, expect, jest, test } from '@jest/globals';
import { quietRuntime } from '../support/runs.ts';
import {
  activityScheduled,
  answering,
  calling,
  inserting,
  timerStarted,
  without,
} from './alter.ts';
import type { Alteration } from './alter.ts';
import { readHistory } from './history.ts';
import { replayAll, type Replayed } from './replayed.ts';

jest.setTimeout(60_000);

const taskCompleted = 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED';
const marker = 'EVENT_TYPE_MARKER_RECORDED';
const timer = ['EVENT_TYPE_TIMER_STARTED', 'EVENT_TYPE_TIMER_FIRED'];
const swapped = { paymentScreen: 'attemptSubmit', attemptSubmit: 'paymentScreen' };
const ordinary: Alteration = (history) =>
  inserting(taskCompleted, activityScheduled)(without(marker)(history));

/** What is said of it, the recorded run, the alteration that says so. */
type Said = readonly [string, string, Alteration];

const alterations: readonly Said[] = [
  ['another activity was called', 'lost-reply', calling({ attemptResolve: 'operationResolve' })],
  ['two activities went in the other order', 'failover-decline', calling(swapped)],
  ['another step was chosen', 'capture', answering('submit_operation', { kind: 'apply_timers' })],
  ['it went on where it ended', 'sale', answering('rest', { kind: 'apply_timers' })],
  ['it ended where it went on', 'refund', answering('submit_operation', { kind: 'rest' })],
  ['it did not wait', 'lost-reply', without(...timer)],
  ['it waited once more', 'capture', inserting(marker, timerStarted)],
  ['it called one activity more', 'sale', inserting(marker, activityScheduled)],
  ['it did nothing in its first task', 'sale', without(marker)],
  ['its first activity was not a local one', 'sale', ordinary],
];

/** Each changes something and changes it back. */
const noAlterations: readonly Said[] = [
  ['it called what it called', 'lost-reply', calling({ attemptResolve: 'attemptResolve' })],
  ['it ended where it ended', 'sale', answering('rest', { kind: 'rest' })],
  [
    'it waited once more, which is taken back',
    'sale',
    (history) => without('EVENT_TYPE_TIMER_STARTED')(inserting(marker, timerStarted)(history)),
  ],
];

let replayed: Replayed;
beforeAll(async () => {
  quietRuntime();
  const altered = [...alterations, ...noAlterations].map(
    ([what, name, alter]) => [what, alter(readHistory(name))] as const,
  );
  replayed = await replayAll(new Map(altered));
});

test.each(alterations)('a run is refused of which it is said that %s: %s', (what) => {
  expect(replayed.get(what)).toBe('other way');
});

test.each(noAlterations)('a run passes of which it is said that %s: %s', (what) => {
  expect(replayed.get(what)).toBe('same way');
});
