import { describe, expect, test } from '@jest/globals';
import { schedules } from '../workflows/schedules.ts';
import { parseCron, wasDue } from './cron.ts';

const at = (text: string): number => Date.parse(text);

describe('a cron row', () => {
  test.each([
    ['10 0 * * *', '2026-11-26T00:09:59Z', '2026-11-26T00:10:00Z', true],
    ['10 0 * * *', '2026-11-26T00:10:00Z', '2026-11-27T00:09:59Z', false],
    ['10 0 * * *', '2026-11-26T00:10:00Z', '2026-11-27T00:10:00Z', true],
    ['*/15 8-9 * * *', '2026-11-26T09:45:00Z', '2026-11-27T07:59:00Z', false],
    ['*/15 8-9 * * *', '2026-11-26T09:30:30Z', '2026-11-26T09:45:01Z', true],
    ['5/20 * * * *', '2026-11-26T09:25:00Z', '2026-11-26T09:45:00Z', true],
    ['5/20 * * * *', '2026-11-26T09:45:00Z', '2026-11-26T10:04:00Z', false],
    ['0 3 5 * *', '2026-11-05T03:00:00Z', '2026-12-05T02:59:00Z', false],
    ['0 3 5 * *', '2026-11-05T03:00:00Z', '2026-12-05T03:00:00Z', true],
    // The 26th is a Thursday.
    ['0 0 * * 4', '2026-11-25T23:59:00Z', '2026-11-26T00:00:00Z', true],
    ['0 0 * * 1-3,5-6,0', '2026-11-25T23:59:00Z', '2026-11-26T23:59:00Z', false],
    ['0 0 1 1 *', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z', false],
    // Longer than anything is at rest for.
    ['0 0 1 1 *', '2026-02-01T00:00:00Z', '2026-04-01T00:00:00Z', true],
  ])('%s, from %s to %s', (cron, from, to, due) => {
    expect(wasDue(parseCron(cron), at(from), at(to))).toBe(due);
  });

  test.each([
    '',
    '* * * *',
    '60 * * * *',
    '* * 0 * *',
    '* * * * 7',
    '5-1 * * * *',
    '*/0 * * * *',
    'a * * * *',
    '-1 * * * *',
    '1,, * * * *',
    '@daily',
  ])('is refused as: %p', (cron) => {
    expect(() => parseCron(cron)).toThrow(/^no/);
  });
});

describe('the table of schedules', () => {
  test('names each once, and can be read', () => {
    const ids = schedules.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { cron, id } of schedules) {
      expect(id).toMatch(/^[a-z]+([-/_][a-z]+)*$/);
      expect(parseCron(cron).minute.size).toBeGreaterThan(0);
    }
  });
});
