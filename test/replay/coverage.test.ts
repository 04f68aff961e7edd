/** The recorded runs are enough: what a run can do, one of them does. And the list of them is complete. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { scenarios } from '../../scripts/histories/scenarios.ts';
import {
  activitiesOf,
  historyFolder,
  historyNames,
  readHistory,
  specialsOf,
  stepsOf,
} from './history.ts';
import { withHistoryTable } from './list.ts';

const root = join(import.meta.dirname, '..', '..');
const names = historyNames();
const histories = names.map((name) => readHistory(name));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const found = (text: string, pattern: RegExp): readonly string[] =>
  [...new Set([...text.matchAll(pattern)].map(([, name = '']) => name))].sort();

describe('the recorded runs', () => {
  test('are at least 25', () => {
    expect(names.length).toBeGreaterThanOrEqual(25);
  });

  test('meet every activity that the workflow calls', () => {
    const called = found(read('workflows/payment/workflow.ts'), /\b(?:inTask|steps)\.(\w+)\(/g);
    expect(called.length).toBeGreaterThanOrEqual(9);
    expect([...new Set(histories.flatMap(activitiesOf))].sort()).toEqual(called);
  });

  test('meet every activity that there is', () => {
    const registered = found(read('activities/index.ts'), /^ {2}(\w+)\(input: /gm);
    expect([...new Set(histories.flatMap(activitiesOf))].sort()).toEqual(registered);
  });

  test('meet every case of the workflow, which are all the steps of the domain', () => {
    const cases = found(read('workflows/payment/workflow.ts'), /case '(\w+)':/g);
    const kinds = found(read('domain/next-step.ts'), /^ {2}\| \{ readonly kind: '(\w+)'/gm);
    expect(cases).toEqual(kinds);
    expect([...new Set(histories.flatMap(stepsOf))].sort()).toEqual(cases);
  });

  test('begin with every step that there is: a run may be started for whatever is next', () => {
    const first = new Set(histories.map((history) => stepsOf(history)[0]));
    const kinds = found(read('domain/next-step.ts'), /^ {2}\| \{ readonly kind: '(\w+)'/gm);
    expect([...first].sort()).toEqual(kinds);
  });

  test('meet every kind of event that the server writes for such a run', () => {
    const kinds = histories.flatMap(({ events }) => events.map(({ eventType }) => eventType));
    expect([...new Set(kinds)].sort()).toEqual([
      'EVENT_TYPE_ACTIVITY_TASK_COMPLETED',
      'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED',
      'EVENT_TYPE_ACTIVITY_TASK_STARTED',
      'EVENT_TYPE_MARKER_RECORDED',
      'EVENT_TYPE_TIMER_CANCELED',
      'EVENT_TYPE_TIMER_FIRED',
      'EVENT_TYPE_TIMER_STARTED',
      'EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED',
      'EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED',
      'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED',
      'EVENT_TYPE_WORKFLOW_TASK_COMPLETED',
      'EVENT_TYPE_WORKFLOW_TASK_FAILED',
      'EVENT_TYPE_WORKFLOW_TASK_SCHEDULED',
      'EVENT_TYPE_WORKFLOW_TASK_STARTED',
      'EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT',
    ]);
  });

  test('meet every interruption: killed workers, errors, nudges at bad moments', () => {
    const met = histories.flatMap(specialsOf).map((special) => special.replace(/ (× )?\d+$/, ''));
    expect([...new Set(met)].sort()).toEqual([
      ...['activity attempt', 'local attempt', 'nudge', 'task failed', 'task not taken'],
      ...['task timed out', 'timer canceled', 'timer fired'],
    ]);
  });
});

describe('a history', () => {
  test('is there for every scenario', () => {
    expect(Object.keys(scenarios).filter((name) => !names.includes(name))).toEqual([]);
  });

  test('is small', () => {
    const large = names.filter(
      (name) => statSync(join(historyFolder, `${name}.json`)).size > 40_000,
    );
    expect(large).toEqual([]);
  });

  test('says nothing of the machine that made it', () => {
    const told = names.filter((name) =>
      /\d@[\w-]+|file:\/\/|node_modules|"\/[a-z]+\//.test(
        read(`test/replay/histories/${name}.json`),
      ),
    );
    expect(told).toEqual([]);
  });

  test('has its row in README.md, with its branch, as `npm run record:histories` writes it', () => {
    const readme = read('test/replay/README.md');
    expect(readme).toBe(withHistoryTable(readme, {}));
    expect(readme).not.toMatch(/^\| `[^`]+` \| {2}\|/m);
  });
});
