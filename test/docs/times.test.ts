/** The times that docs/architecture.md names are those of the code. */
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { durationsOf, readDuration } from './durations.ts';

const page = readFileSync('docs/architecture.md', 'utf8');
const rows = [
  ...page.matchAll(
    /^\| [^|]+ \| (?<value>[^|]+) \| `(?<name>\w+)` in \[[^\]]+\]\((?<path>[^)]+)\) \|$/gm,
  ),
].map(({ groups = {} }) => groups);

test('the table of times has a row for every duration of domain/timing.ts', () => {
  const timing = readFileSync('domain/timing.ts', 'utf8');
  const exported = [...timing.matchAll(/export const (\w+Ms\w*) = /g)].map(([, name]) => name);
  const shown = rows.filter(({ path }) => path === '../domain/timing.ts').map(({ name }) => name);
  expect(shown.toSorted()).toEqual(exported.toSorted());
});

test.each(rows)('$name is $value', ({ value = '', name = '', path = '' }) => {
  const found = new Set(durationsOf(name, readFileSync(join('docs', path), 'utf8')));
  expect([...found]).toEqual([readDuration(value)]);
});

describe('a duration', () => {
  test.each([
    ['const aMs = 24 * 3_600_000;', [86_400_000]],
    ["heartbeat: '3s',", []],
    ["x: '3s', aMs: '2s',", [2_000]],
    ["create function aMs() returns interval as $$ select interval '2 seconds' $$", [2_000]],
  ])('is read from %s', (source, expected) => {
    expect(durationsOf('aMs', source)).toEqual(expected);
  });
});
