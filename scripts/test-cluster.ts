/**
 * `npm run test:cluster`: the end-to-end tests with a Temporal server on PostgreSQL in place of the
 * development server. Outside `npm test`: the first run may have to build the server. Arguments go
 * to jest.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { localSettings } from '../runtime/env.ts';
import { findTemporalServerBinaries } from '../runtime/servers/temporal-server-binaries.ts';

const root = join(import.meta.dirname, '..');
const { cache, inherited, forwarded } = localSettings();

// Before the tests and their time limits.
const { version, source } = await findTemporalServerBinaries({
  cache,
  environment: inherited,
  report: console.log,
});
console.log(`Temporal server ${version}, ${source}`);

const { status } = spawnSync(
  process.execPath,
  [
    ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
    join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
    // One stack at a time: a server on PostgreSQL wants more than the development server.
    ...['--runInBand', '--testPathPatterns', '^.*/test/e2e/', '--verbose'],
    ...process.argv.slice(2),
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...inherited, ...forwarded, TENDER_TEST_TEMPORAL: 'cluster' },
  },
);
// A null status: ended by a signal.
process.exitCode = status ?? 1;
