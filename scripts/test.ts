/**
 * `npm test`: the static checks, then every test. Both always run, so that one red run tells all
 * there is to tell; the exit status is that of whatever failed first. Arguments go to jest.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');

function runNode(...args: readonly string[]): number {
  const { status } = spawnSync(process.execPath, [...args], { cwd: root, stdio: 'inherit' });
  // A null status: ended by a signal.
  return status ?? 1;
}

const forwarded = process.argv.slice(2);
const outputFile = forwarded.some((argument) => argument.startsWith('--outputFile'))
  ? []
  : [`--outputFile=${join(mkdtempSync(join(tmpdir(), 'tender-test-')), 'results.json')}`];

const checkStatus = runNode('scripts/check.ts');
const testStatus = runNode(
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  jest,
  '--json',
  ...outputFile,
  ...forwarded,
);
process.exitCode = checkStatus === 0 ? testStatus : checkStatus;
