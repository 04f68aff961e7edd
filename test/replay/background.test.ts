/** Runs that schedules started go the same way with the code of today; `npm run record:background` records them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { backgroundScenarios } from '../../scripts/histories/background.ts';
import { quietRuntime } from '../support/runs.ts';
import { calling, without } from './alter.ts';
import {
  activitiesOf,
  backgroundHistoryFolder,
  historyNames,
  readHistory,
  type History,
} from './history.ts';
import { replayAll, type Replayed } from './replayed.ts';

jest.setTimeout(60_000);

const names = historyNames(backgroundHistoryFolder);
const read = (name: string): History => readHistory(name, backgroundHistoryFolder);
const timer = ['EVENT_TYPE_TIMER_STARTED', 'EVENT_TYPE_TIMER_FIRED'];
const altered = new Map<string, History>([
  ['another activity', calling({ closePeriods: 'detect' })(read('close-nothing'))],
  ['another look', calling({ detect: 'closePeriods' })(read('detect'))],
  ['no wait', without(...timer)(read('close-not-settled'))],
]);

let replayed: Replayed;
beforeAll(async () => {
  quietRuntime();
  replayed = await replayAll(
    new Map([...names.map((name) => [name, read(name)] as const), ...altered]),
  );
});

test.each(names)('a recorded run goes the same way today: %s', (name) => {
  expect(replayed.get(name)).toBe('same way');
});

test.each([...altered.keys()])('a run is refused that tells of %s', (what) => {
  expect(replayed.get(what)).toBe('other way');
});

describe('the recorded runs', () => {
  test('are those of the scenarios', () => {
    expect(names).toEqual(Object.keys(backgroundScenarios).sort());
  });

  test('meet every activity that workflows/background calls', () => {
    const folder = join(import.meta.dirname, '..', '..', 'workflows', 'background');
    const text = readdirSync(folder)
      .map((file) => readFileSync(join(folder, file), 'utf8'))
      .join('\n');
    const called = new Set([
      ...[...text.matchAll(/\bbackground\.(\w+)\(/g)].map(([, name]) => name),
      // Of a table of steps, each named as it is called.
      ...[...text.matchAll(/: \[('\w+'(?:, '\w+')*)\]/g)].flatMap(([, names = '']) =>
        names.replaceAll("'", '').split(', '),
      ),
    ]);
    expect(new Set(names.map(read).flatMap(activitiesOf))).toEqual(called);
  });
});
