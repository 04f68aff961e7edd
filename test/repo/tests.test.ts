/** The tests themselves: each says something of its own, and asserts it. */
import { expect, test } from '@jest/globals';
import { read, sources } from './repository.ts';

const testFiles = sources.filter((path) => path.endsWith('.test.ts'));

/** Names of tests, each with the names of the groups around it. */
function testNames(text: string): readonly string[] {
  const groups: { readonly indent: number; readonly name: string }[] = [];
  const names: string[] = [];
  const calls = /^( *)(test|it|describe)(?:\.\w+)*(?:\([^()]*\))?\(\s*(['"`])((?:(?!\3).)*)\3/gm;
  for (const [, space = '', kind, , name = ''] of text.matchAll(calls)) {
    while ((groups.at(-1)?.indent ?? -1) >= space.length) groups.pop();
    if (kind === 'describe') groups.push({ indent: space.length, name });
    else names.push([...groups.map((group) => group.name), name].join(' > '));
  }
  return names;
}

const repeated = (names: readonly string[]): readonly string[] =>
  names.filter((name, index) => names.indexOf(name) !== index);

test.each(testFiles)('%s asserts something', (path) => {
  const text = read(path);
  const imported = text.match(/from '[^']*(?:-cases|conformance)\.ts'/) !== null;
  expect(imported || /\bexpect\w*\(|\bassert\w*[.(]/.test(text)).toBe(true);
});

test('names of tests are unique within a file and its groups', () => {
  const same = testFiles.flatMap((path) =>
    repeated(testNames(read(path))).map((name) => `${path}: ${name}`),
  );
  expect(same).toEqual([]);
});

test('the same name twice would be found', () => {
  const text = `describe('a', () => {\n  test('x', f);\n  test.concurrent('x', f);\n});\ntest('x', f);`;
  expect(testNames(text)).toEqual(['a > x', 'a > x', 'x']);
  expect(repeated(testNames(text))).toEqual(['a > x']);
});
