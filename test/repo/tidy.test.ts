/** The repository's own rules: what linters do not see, executable instead of remembered. */
import { describe, expect, test } from '@jest/globals';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const skipped = new Set(['node_modules', '.git', '.tender', 'coverage', 'dist']);

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesUnder(path);
    return entry.isFile() ? [relative(root, path)] : [];
  });
}

const files = filesUnder(root);
const thisFile = relative(root, import.meta.filename);
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const sources = files.filter((path) => path.endsWith('.ts') && path !== thisFile);
const withoutTests = sources.filter((path) => !/(\.test\.ts$)|(^test\/)/.test(path));

/** `path:line: text` of every line that matches, comments left out. */
function offences(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    read(path)
      .split('\n')
      .map((line, index) => ({ line, where: `${path}:${index + 1}` }))
      .filter(({ line }) => !/^\s*(\/\/|\/?\*)/.test(line) && pattern.test(line))
      .map(({ line, where }) => `${where}: ${line.trim()}`),
  );
}

describe('migrations', () => {
  const migrations = files.filter((path) => path.startsWith('db/migrations/'));

  test('are named NNNN_what_it_does.sql, numbered without gap or duplicate', () => {
    const names = migrations.map((path) => path.slice('db/migrations/'.length)).sort();
    expect(names.filter((name) => !/^\d{4}_[a-z0-9_]+\.sql$/.test(name))).toEqual([]);
    expect(names.map((name) => name.slice(0, 4))).toEqual(
      names.map((_, index) => String(index + 1).padStart(4, '0')),
    );
  });

  test('say in their first line why they exist', () => {
    expect(migrations.filter((path) => !read(path).startsWith('-- '))).toEqual([]);
  });
});

describe('environment variables', () => {
  test('that runtime/ reads each have a line in .env.example', () => {
    const runtime = withoutTests.filter((path) => path.startsWith('runtime/')).map(read);
    const names = new Set(runtime.join('\n').match(/\bTENDER_[A-Z0-9_]*[A-Z0-9]\b/g));
    const documented = read('.env.example');
    const missing = [...names].filter(
      (name) => !new RegExp(`^(# ?)?${name}=`, 'm').test(documented),
    );
    expect(names.size).toBeGreaterThan(0);
    expect(missing).toEqual([]);
  });
});

describe('banned calls', () => {
  const decided = withoutTests.filter((path) => /^(domain|workflows)\//.test(path));

  test('domain and workflows take time and chance as values', () => {
    const pattern = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(/;
    expect(offences(decided, pattern)).toEqual([]);
  });

  test('money is never parsed as a floating point number: BigInt() or domain/money.ts', () => {
    expect(offences(withoutTests, /\bparseFloat\(/)).toEqual([]);
    // At the edges (api, providers) bigint becomes a JSON integer, in the safe range by CHECK.
    const inside = withoutTests.filter((path) =>
      /^(domain|db|workflows|activities|workers)\//.test(path),
    );
    expect(offences(inside, /\bNumber\([^)]*(amount|minor|balance)/i)).toEqual([]);
  });

  test('types are not silenced', () => {
    expect(offences(sources, /\bas any\b|@ts-(ignore|nocheck)/)).toEqual([]);
  });

  test('nothing is left to do in comments', () => {
    const pattern = /(\/\/|\*).*\b(TODO|FIXME|XXX|HACK)\b/;
    const lines = sources.flatMap((path) =>
      read(path)
        .split('\n')
        .filter((line) => pattern.test(line))
        .map((line) => `${path}: ${line.trim()}`),
    );
    expect(lines).toEqual([]);
  });
});

describe('files', () => {
  test('are short', () => {
    const long = sources.filter((path) => read(path).split('\n').length > 301);
    expect(long).toEqual([]);
  });

  test('say what they hold: no utils, no helpers', () => {
    const vague = /(^|[/-])(utils?|helpers?|misc|common)(\.[a-z]+)?(\/|$)/;
    expect(sources.filter((path) => vague.test(path))).toEqual([]);
  });

  test('name no machine path and no package registry', () => {
    const text = files.filter((path) => path !== thisFile && statSync(join(root, path)).size < 2e6);
    const pattern =
      /\/(home|Users)\/[a-z]|\/work\/(main|shared)\b|registry\.(npmjs|yarnpkg)\.|unpkg\.com/;
    expect(text.filter((path) => pattern.test(read(path)))).toEqual([]);
  });
});
