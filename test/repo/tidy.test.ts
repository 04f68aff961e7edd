/** What does not belong into any file or its name. The other rules stand beside, by subject. */
import { describe, expect, test } from '@jest/globals';
import { files, read, sources } from './repository.ts';

const thisFile = 'test/repo/tidy.test.ts';
const vague = /(^|[/-])(utils?|helpers?|misc|common)(\.[a-z]+)?(\/|$)/;
const elsewhere =
  /\/(home|Users)\/[a-z]|\/work\/(main|shared)\b|registry\.(npmjs|yarnpkg)\.|unpkg\.com/;

describe('files', () => {
  test('say what they hold: no utils, no helpers', () => {
    expect(sources.filter((path) => vague.test(path))).toEqual([]);
    expect(['db/utils.ts', 'api/helpers/x.ts', 'a-common.ts'].every((p) => vague.test(p))).toBe(
      true,
    );
  });

  test('are named in lower case, with hyphens', () => {
    const named = /^(?:[a-z0-9.-]+\/)*[a-z0-9.-]+$/;
    expect(sources.filter((path) => !named.test(path))).toEqual([]);
    expect(named.test('db/theLedger.ts')).toBe(false);
  });

  test('name no machine path and no package registry', () => {
    const texts = files.filter((path) => path !== thisFile && path !== 'package-lock.json');
    expect(texts.filter((path) => elsewhere.test(read(path)))).toEqual([]);
    expect(elsewhere.test('cd /home/somebody')).toBe(true);
  });
});
