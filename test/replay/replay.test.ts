/**
 * Runs that were recorded must go the same way with the code of today: a worker of today takes over
 * runs that one of yesterday began. `npm run record:histories` records them, README.md lists them.
 */
import { beforeAll, expect, jest, test } from '@jest/globals';
import { quietRuntime } from '../support/runs.ts';
import { historyNames, readHistory } from './history.ts';
import { replayAll, type Replayed } from './replayed.ts';

jest.setTimeout(60_000);

let replayed: Replayed;
beforeAll(async () => {
  quietRuntime();
  replayed = await replayAll(new Map(historyNames().map((name) => [name, readHistory(name)])));
});

test.each(historyNames())('a recorded run goes the same way today: %s', (name) => {
  expect(replayed.get(name)).toBe('same way');
});
