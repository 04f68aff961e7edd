import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { files, read } from './repository.ts';

const folder = 'db/migrations/';
const migrations = files
  .filter((path) => path.startsWith(folder))
  .map((path) => path.slice(folder.length))
  .sort();

/**
 * SHA-256 of each migration that a release has brought to somebody's database: such a file never changes
 * again, because databases that have it would not follow. A release adds its lines; there was none yet.
 */
const released: Readonly<Record<string, string>> = {};

function misnumbered(names: readonly string[]): readonly string[] {
  return names.filter(
    (name, index) =>
      !new RegExp(`^${String(index + 1).padStart(4, '0')}_[a-z0-9_]+\\.sql$`).test(name),
  );
}

function changed(
  hashes: Readonly<Record<string, string>>,
  text: (name: string) => string,
): readonly string[] {
  return Object.entries(hashes)
    .filter(([name, hash]) => createHash('sha256').update(text(name)).digest('hex') !== hash)
    .map(([name]) => name);
}

describe('migrations', () => {
  test('are named NNNN_what_it_does.sql, numbered without gap or duplicate', () => {
    expect(migrations.length).toBeGreaterThan(0);
    expect(misnumbered(migrations)).toEqual([]);
    expect(misnumbered(['0001_a.sql', '0001_b.sql'])).toEqual(['0001_b.sql']);
    expect(misnumbered(['0001_a.sql', '0003_b.sql'])).toEqual(['0003_b.sql']);
    expect(misnumbered(['1_a.sql', '0002_B.sql'])).toEqual(['1_a.sql', '0002_B.sql']);
  });

  test('say in their first line why they exist', () => {
    expect(migrations.filter((name) => !/^-- .{10}/.test(read(folder + name)))).toEqual([]);
  });

  test('do not change once they are released', () => {
    expect(changed(released, (name) => read(folder + name))).toEqual([]);
    expect(changed({ 'a.sql': 'another hash' }, () => 'select 1')).toEqual(['a.sql']);
  });
});
