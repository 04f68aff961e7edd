import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The closing line of CI for a file with this text; null: no file. */
function summaryOf(results: string | null): { status: number | null; stdout: string } {
  const folder = mkdtempSync(join(tmpdir(), 'tender-summary-'));
  const file = join(folder, 'results.json');
  if (results !== null) writeFileSync(file, results);
  const { status, stdout } = spawnSync(process.execPath, ['scripts/ci-summary.mjs', file], {
    encoding: 'utf8',
  });
  rmSync(folder, { recursive: true });
  return { status, stdout };
}

const counts = { numPassedTests: 7, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };

describe('the closing line of CI', () => {
  test.each([
    [counts, '7 passed, 0 failed\n'],
    [{ ...counts, numFailedTests: 2 }, '7 passed, 2 failed\n'],
    [{ ...counts, numPendingTests: 1, numTodoTests: 2 }, '7 passed, 0 failed, 3 skipped\n'],
    [{ ...counts, numRuntimeErrorTestSuites: 1 }, '7 passed, 1 failed\n'],
  ])('counts %j', (results, line) => {
    expect(summaryOf(JSON.stringify(results))).toEqual({ status: 0, stdout: line });
  });

  test.each([null, '', '{}', 'no json'])('is missing when there are no results: %p', (results) => {
    expect(summaryOf(results)).toEqual({ status: 1, stdout: '' });
  });
});
