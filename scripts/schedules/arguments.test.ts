import { describe, expect, test } from '@jest/globals';
import { parseRequest, UsageError } from './arguments.ts';
import { tableOf } from './show.ts';

const parse = (text: string) => parseRequest(text.split(' ').filter((word) => word !== ''), ['close-days', 'detect']); // prettier-ignore

describe('npm run schedules --', () => {
  test.each([
    ['list', { command: 'list' }],
    ['findings', { command: 'findings' }],
    ['trigger detect', { command: 'trigger', id: 'detect' }],
    ['unpause detect', { command: 'unpause', id: 'detect' }],
    ['pause detect', { command: 'pause', id: 'detect', note: 'paused by hand' }],
    ['pause detect --note audit', { command: 'pause', id: 'detect', note: 'audit' }],
    [
      'backfill close-days --from 2026-11-20 --to 2026-11-21T06:30Z',
      {
        ...{ command: 'backfill', id: 'close-days' },
        ...{ from: new Date(Date.UTC(2026, 10, 20)), to: new Date(Date.UTC(2026, 10, 21, 6, 30)) },
      },
    ],
  ])('%s', (text, request) => {
    expect(parse(text)).toEqual(request);
  });

  test.each([
    ['', 'no command'],
    ['stop', 'no command is called stop'],
    ['trigger', 'of which schedule?'],
    ['trigger closing', 'no schedule is called closing; there are close-days, detect'],
    ['trigger detect close-days', 'too much: close-days'],
    ['list detect', 'list is of all, not of detect'],
    ['trigger detect --note x', 'trigger takes no --note'],
    ['pause detect --from 2026-11-20', 'pause takes no --from'],
    ['pause detect --why', "Unknown option '--why'"],
    ['backfill detect --from 2026-11-20', '--to is missing'],
    ['backfill detect --from yesterday --to 2026-11-20', '--from yesterday is no time in UTC'],
    ['backfill detect --from 2026-11-21T06:00 --to 2026-11-22', '--from 2026-11-21T06:00 is no time in UTC'], // prettier-ignore
    ['backfill detect --from 2026-11-32 --to 2026-12-20', '--from 2026-11-32 is no time in UTC'],
    ['backfill detect --from 2026-11-20 --to 2026-11-20', '--from is not before --to'],
  ])('%s: refused, and why', (text, why) => {
    expect(() => parse(text)).toThrow(UsageError);
    expect(() => parse(text)).toThrow(why);
  });
});

test('a table is as wide as it must be', () => {
  const lines = [
    ['A', 'BB', 'C'],
    ['long', 'b', ''],
  ];
  expect(tableOf(lines)).toBe('A     BB  C\nlong  b');
});
