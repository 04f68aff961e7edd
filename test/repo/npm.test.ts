/** package.json: how things are started, and with which versions. */
import { describe, expect, test } from '@jest/globals';
import { files, isTest, packageFile, read, sources } from './repository.ts';

const { scripts, dependencies, devDependencies } = packageFile;
const install = 'node scripts/ensure-installed.mjs';
/** Started by the system itself, by CI, or as a process by another program. */
const startedOtherwise = ['scripts/ensure-installed.mjs', 'scripts/ci-summary.mjs'];

/** Scripts that start TypeScript without first seeing to it that Node 24 and the packages are there. */
function withoutInstall(all: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(all)
    .filter(([name, command]) => /\.ts\b/.test(command) && all[`pre${name}`] !== install)
    .map(([name]) => name);
}

function loose(versions: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(versions)
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    .map(([name]) => name);
}

describe('package.json', () => {
  test('starts nothing before what is missing is installed', () => {
    expect(withoutInstall(scripts)).toEqual([]);
    expect(withoutInstall({ x: 'node scripts/x.ts' })).toEqual(['x']);
  });

  test('starts only what is there', () => {
    const started = Object.values(scripts).flatMap((c) => c.match(/[\w/.-]+\.(ts|mjs)\b/g) ?? []);
    expect(started.filter((path) => !files.includes(path))).toEqual([]);
  });

  test('names exact versions', () => {
    expect([...loose(dependencies), ...loose(devDependencies)]).toEqual([]);
    expect(loose({ a: '^1.0.0', b: '1.x', c: '1.0.0', d: '18.4.0-beta.17' })).toEqual(['a', 'b']);
  });

  test('has all of Temporal at one version', () => {
    const all = Object.entries({ ...dependencies, ...devDependencies });
    const versions = all.filter(([name]) => name.startsWith('@temporalio/')).map(([, v]) => v);
    expect(new Set(versions).size).toBe(1);
  });
});

test('every script is started by npm, by CI, or by another program', () => {
  const callers = [
    ...sources,
    ...files.filter((path) => /^\.ci\/|Dockerfile|\.ya?ml$|\.mjs$/.test(path)),
  ];
  const texts = callers.map((path) => [path, read(path)] as const);
  const alone = files.filter((path) => {
    if (!/^scripts\/[^/]+\.(ts|mjs)$/.test(path) || startedOtherwise.includes(path)) return false;
    // By jest.
    if (isTest(path)) return false;
    const name = path.slice('scripts/'.length);
    const byNpm = Object.values(scripts).some((command) => command.includes(path));
    return !byNpm && !texts.some(([caller, text]) => caller !== path && text.includes(name));
  });
  expect(alone).toEqual([]);
});
