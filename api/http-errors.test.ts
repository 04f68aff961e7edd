import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { httpErrors } from './http-errors.ts';

const documented = [
  ...readFileSync('docs/errors.md', 'utf8').matchAll(
    /^\| `(?<code>[a-z_]+)` \| (?<status>\d{3}) \| \S.* \| \S.* \|$/gm,
  ),
].map(({ groups }) => [groups?.['code'], Number(groups?.['status'])]);

test('every code is documented once, with its status, meaning and advice', () => {
  const codes = Object.entries(httpErrors).map(([code, { status }]) => [code, status]);
  expect(documented.toSorted()).toEqual(codes.toSorted());
});

test('codes are lower snake_case and titles are sentences without a full stop', () => {
  for (const [code, { title }] of Object.entries(httpErrors)) {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
  }
});
