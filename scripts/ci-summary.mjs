/**
 * Prints one plain line, `N passed, N failed[, N skipped]`, counted in jest's own JSON results.
 * Plain JavaScript: it runs on whatever Node a bare machine has.
 */
import { readFileSync } from 'node:fs';

/** Test files that failed to run at all count as one failure each: they hide their tests. */
export function summarize(results) {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = results;
  const counts = [numPassedTests, numFailedTests, numPendingTests, numTodoTests];
  if (!counts.every(Number.isInteger)) throw new Error('this is no jest result');
  const failed = numFailedTests + (results.numRuntimeErrorTestSuites ?? 0);
  const skipped = numPendingTests + numTodoTests;
  return `${numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

if (process.argv[1] === import.meta.filename) {
  const file = process.argv[2];
  try {
    console.log(summarize(JSON.parse(readFileSync(file, 'utf8'))));
  } catch (error) {
    console.error(`no test results in ${file}: ${error.message}`);
    process.exitCode = 1;
  }
}
