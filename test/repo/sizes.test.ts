/** How long things may get. Functions in TypeScript are measured by ESLint, SQL is here. */
import { describe, expect, test } from '@jest/globals';
import { files, read, sources } from './repository.ts';

const linesMax = 300;
const sqlFunctionLinesMax = 100;
const linesOf = (text: string): number => text.trimEnd().split('\n').length;

/** What the limit found when it came; none of these may grow, and the list may only get shorter. */
const longSqlFunctions: Readonly<Record<string, number>> = {};

function sqlFunctions(text: string): readonly { readonly name: string; readonly lines: number }[] {
  return [...text.matchAll(/create (?:or replace )?function (\w+)[^$]*\$\$[^]*?\$\$/g)].map(
    ([body, name = '']) => ({ name, lines: linesOf(body) }),
  );
}

describe('sizes', () => {
  test('no source has more than 300 lines, rules and migrations included', () => {
    const all = [
      ...sources,
      ...files.filter((path) => /^test\/repo\/|\.sql$|\.[mc]?js$/.test(path)),
    ];
    expect(all.filter((path) => linesOf(read(path)) > linesMax)).toEqual([]);
  });

  test('no SQL function has more than 100 lines', () => {
    const functions = files
      .filter((path) => path.endsWith('.sql'))
      .flatMap((path) => sqlFunctions(read(path)));
    expect(functions.length).toBeGreaterThan(20);
    const long = functions.filter(
      ({ name, lines }) => lines > (longSqlFunctions[name] ?? sqlFunctionLinesMax),
    );
    expect(long).toEqual([]);
  });

  test('a long SQL function would be found', () => {
    const text = `create function f() returns void language sql as $$\n${'select 1;\n'.repeat(120)}$$;`;
    expect(sqlFunctions(text)).toEqual([{ name: 'f', lines: 122 }]);
  });
});
