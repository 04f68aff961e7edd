/** The files a stranger looks for: licence, changelog, security. */
import { expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

test('LICENSE is the text of Apache-2.0 as the foundation publishes it', () => {
  expect(createHash('sha256').update(readFileSync('LICENSE')).digest('hex')).toBe(
    'cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30',
  );
  const { license } = JSON.parse(readFileSync('package.json', 'utf8')) as { license: string };
  expect(license).toBe('Apache-2.0');
});

test('CHANGELOG.md keeps to its form, Unreleased first', () => {
  const headings = readFileSync('CHANGELOG.md', 'utf8').match(/^##+ .*$/gm) ?? [];
  expect(headings[0]).toBe('## [Unreleased]');
  const form =
    /^(## \[(Unreleased|\d+\.\d+\.\d+)\]( - \d{4}-\d\d-\d\d)?|### (Added|Changed|Deprecated|Removed|Fixed|Security))$/;
  expect(headings.filter((heading) => !form.test(heading))).toEqual([]);
});

test('every threat in SECURITY.md names a test that is there', () => {
  const section = readFileSync('SECURITY.md', 'utf8').split('\n## Threats')[1] ?? '';
  const rows = section
    .split('\n')
    .filter((line) => /^\| [A-Z]/.test(line))
    .slice(1);
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) {
    const tests = [...row.matchAll(/\]\(([^)]+\.ts)\)/g)].map(([, path = '']) => path);
    expect([row, tests.length > 0 && tests.every((path) => existsSync(path))]).toEqual([row, true]);
  }
});

test('every page of docs/ is in the index, with its kind', () => {
  const index = readFileSync('docs/README.md', 'utf8');
  const rows = [
    ...index.matchAll(/^\| \[[^\]]+\]\(([^)]+)\) \| (tutorial|guide|reference|explanation) \| /gm),
  ];
  for (const [, path = ''] of rows)
    expect(existsSync(join(dirname('docs/README.md'), path))).toBe(true);
  const listed = rows.map(([, path]) => path);
  const pages = readdirSync('docs').filter((name) => name.endsWith('.md') && name !== 'README.md');
  expect(pages.filter((name) => !listed.includes(name))).toEqual([]);
});
