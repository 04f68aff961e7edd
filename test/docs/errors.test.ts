/** docs/errors.md lists every decline code and every SQLSTATE there is, and no other. */
import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const page = readFileSync('docs/errors.md', 'utf8');

function documented(heading: string, pattern: RegExp): (string | undefined)[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(pattern)].map(([, code]) => code).toSorted();
}

function sources(folder: string, ending: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith(ending) && !path.endsWith('.test.ts'))
    .map((path) => readFileSync(join(folder, path), 'utf8'))
    .join('\n');
}

test('every decline code that domain or a provider writes is documented', () => {
  // A decline is a code with an advice; the table of texts names the same codes.
  const written = /code: '([a-z_]+)',\s+advice: '/g;
  const code = sources('domain', '.ts') + sources('providers', '.ts');
  const texts = sources('domain', 'messages.ts').split('declineMessages')[1]?.split('};')[0] ?? '';
  const codes = new Set([
    ...[...code.matchAll(written)].map(([, name]) => name),
    ...[...texts.matchAll(/^ {2}([a-z_]+): \{/gm)].map(([, name]) => name),
  ]);
  expect(codes.size).toBeGreaterThan(10);
  expect(documented('Decline codes', /^\| `([a-z_]+)` \| \S/gm)).toEqual([...codes].toSorted());
});

test('every SQLSTATE of ours is documented', () => {
  const raised = new Set(
    [...sources('db', '.sql').matchAll(/errcode = '(TD\d{3})'/g)].map(([, state]) => state),
  );
  expect(documented('SQLSTATEs of the database', /^\| `(TD\d{3})` \| \S/gm)).toEqual(
    [...raised].toSorted(),
  );
});
