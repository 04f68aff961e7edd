/** What is said of the environment, in `.env.example` and in documents, is what the code knows. */
import { describe, expect, test } from '@jest/globals';
import { variableNames } from '../../runtime/variables.ts';
import { documents, files, isTest, read, sources } from './repository.ts';

const known = new Set<string>(variableNames);
const lines = read('.env.example').split('\n');
const documented = lines.flatMap((line) => /^([A-Z_]+)=/.exec(line)?.[1] ?? []);
const named = (text: string): readonly string[] =>
  text.match(/\bTENDER_[A-Z0-9_]*[A-Z0-9]\b/g) ?? [];
/** The test suite's own, which no process of a deployment reads. */
const isOfTests = (name: string): boolean => name.startsWith('TENDER_TEST_');

describe('environment variables', () => {
  test('have one line each in .env.example, and nothing else has', () => {
    expect([...documented].sort()).toEqual([...known].sort());
  });

  test('are explained in the line above', () => {
    const bare = lines.filter(
      (line, at) => /^[A-Z_]+=/.test(line) && !/^# ./.test(lines[at - 1] ?? ''),
    );
    expect(bare).toEqual([]);
  });

  test.each(documents)('exist that %s names', (path) => {
    expect(named(read(path)).filter((name) => !known.has(name) && !isOfTests(name))).toEqual([]);
  });

  test('exist that code, compose files and scripts name', () => {
    const texts = [
      ...sources,
      ...files.filter((path) => /\.(ya?ml|sh|mjs|cjs|js)$|Dockerfile/.test(path)),
    ];
    const strange = texts
      // They try names that must be refused.
      .filter((path) => path !== 'runtime/env.test.ts' && path !== 'sandbox/settings.test.ts')
      .flatMap((path) => named(read(path)).map((name) => ({ path, name })))
      .filter(({ name }) => !known.has(name) && !isOfTests(name));
    expect(strange).toEqual([]);
  });

  test('of the test suite are read in tests only', () => {
    const readers = sources.filter((path) => !isTest(path) && named(read(path)).some(isOfTests));
    // They let them pass and set them; they read none.
    const others = ['runtime/variables.ts', 'scripts/test-cluster.ts'];
    expect(readers.filter((path) => !others.includes(path))).toEqual([]);
  });
});
