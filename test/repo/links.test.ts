/** Nothing points at what is not there: links, paths and npm scripts in documents and comments. */
import { describe, expect, test } from '@jest/globals';
import { anchorsOf, commentsOf, linksOf, npmScriptsIn, pathsIn } from './links.ts';
import { documents, files, packageFile, read, sources } from './repository.ts';

const isThere = (path: string): boolean =>
  path === '.' || files.some((file) => file === path || file.startsWith(`${path}/`));
const scripts = new Set(Object.keys(packageFile.scripts));
/** Decisions tell of their day. */
const tellsOfOtherDays = /^(docs\/adr\/|CHANGELOG)/;
const notThereYet = new Set([
  // Created by the first change of a workflow that open runs would not survive.
  'workflows/versions.ts',
]);

const missingPaths = (text: string): readonly string[] =>
  pathsIn(text).filter((path) => !isThere(path) && !notThereYet.has(path));

describe.each(documents)('%s', (path) => {
  const text = read(path);

  test('has no dead links', () => {
    const dead = linksOf(path, text).filter(
      ({ target, anchor }) =>
        !isThere(target) || (anchor !== '' && !anchorsOf(read(target)).includes(anchor)),
    );
    expect(dead).toEqual([]);
  });

  test('names no file and no npm script that is not there', () => {
    expect(tellsOfOtherDays.test(path) ? [] : missingPaths(text)).toEqual([]);
    expect(npmScriptsIn(text).filter((name) => !scripts.has(name))).toEqual([]);
  });
});

test('comments name no file and no npm script that is not there', () => {
  const watched = [...sources, ...files.filter((path) => /\.(sql|[mc]?js)$/.test(path))];
  const dead = watched.flatMap((path) => {
    const comments = commentsOf(read(path));
    const strange = npmScriptsIn(comments).filter((name) => !scripts.has(name));
    return [...missingPaths(comments), ...strange].map((name) => `${path}: ${name}`);
  });
  expect(dead).toEqual([]);
});

test('what is called not there yet is not there', () => {
  expect([...notThereYet].filter(isThere)).toEqual([]);
});

test('README.md has a line for every folder', () => {
  const folders = new Set(
    files.filter((path) => /^\w[^/]*\//.test(path)).map((p) => p.split('/')[0]),
  );
  const readme = read('README.md');
  expect([...folders].filter((folder) => !readme.includes(`\`${String(folder)}/\``))).toEqual([]);
});

test('what points nowhere would be found', () => {
  const links = linksOf(
    'docs/a.md',
    'See [it](../README.md#start), [b](b.md), [x](https://x.org).',
  );
  expect(links).toEqual([
    { target: 'README.md', anchor: 'start' },
    { target: 'docs/b.md', anchor: '' },
  ]);
  expect(anchorsOf('# A title: `code`, and more\n## Two')).toEqual([
    'a-title-code-and-more',
    'two',
  ]);
  expect(missingPaths('see `domain/nothing.ts`, and domain/moneys.test.ts')).toHaveLength(2);
  expect(missingPaths('`domain/errors.ts`')).toEqual([]);
  expect(npmScriptsIn('`npm run nothing -- x`')).toEqual(['nothing']);
  expect(commentsOf('const a = 1;\n// see db/x.ts\n/** and\n * db/y.ts */')).toMatch(
    /x\.ts[^]*y\.ts/,
  );
});
