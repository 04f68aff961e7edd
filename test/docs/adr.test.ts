/** Decisions are numbered once, indexed, short, and say what lost. */
import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = 'docs/adr';
const names = readdirSync(folder).filter((name) => name !== 'README.md');
const index = readFileSync(join(folder, 'README.md'), 'utf8');

test('are named NNNN-what.md, each number once', () => {
  expect(names.filter((name) => !/^\d{4}-[a-z0-9-]+\.md$/.test(name))).toEqual([]);
  expect(new Set(names.map((name) => name.slice(0, 4))).size).toBe(names.length);
});

test('the index has a row for each, by its number and title, in order', () => {
  const rows = names.toSorted().map((name) => {
    const [heading = ''] = readFileSync(join(folder, name), 'utf8').split('\n');
    const [number = '', ...title] = heading.replace(/^# /, '').split('. ');
    return `| [${number}](${name}) | ${title.join('. ')} |`;
  });
  expect(index.split('\n').filter((line) => line.startsWith('| ['))).toEqual(rows);
});

describe.each(names)('%s', (name) => {
  const text = readFileSync(join(folder, name), 'utf8');

  test('begins with its own number', () => {
    expect(text).toMatch(new RegExp(`^# ${Number(name.slice(0, 4))}\\. \\S`));
  });

  test('says context, decision, what was not taken, and the price', () => {
    const sections = text.match(/^\*\*(Context|Decision|Instead of|Price)\b/gm) ?? [];
    expect(sections).toEqual(['**Context', '**Decision', '**Instead of', '**Price']);
  });

  test('fits on a page', () => {
    expect(text.split('\n').length).toBeLessThanOrEqual(60);
  });
});
