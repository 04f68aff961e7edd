/** Where `temporal-server` and `temporal-sql-tool` come from: the first of these that works. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import { findOnPath, isProgram, runCommand } from './run-command.ts';
import type { TemporalSearch } from './temporal-binary.ts';

/** What is built, and what docker-compose.yml names; the development server carries the same. */
export const temporalServerVersion = '1.32.0';

export interface TemporalServerBinaries {
  readonly server: string;
  readonly sqlTool: string;
  /** In words: "on the PATH". */
  readonly source: string;
  readonly version: string;
}

type Programs = Pick<TemporalServerBinaries, 'server' | 'sqlTool'>;

interface Source {
  readonly name: string;
  readonly find: (search: TemporalSearch, cached: string) => Promise<Programs>;
}

const sources: readonly Source[] = [
  { name: 'on the PATH', find: async ({ environment }) => findBothOnPath(environment['PATH']) },
  { name: 'in the cache', find: async (_search, cached) => programsIn(cached) },
  { name: `by go install ${temporalServerVersion}`, find: buildByGo },
];

/** A hundred modules to fetch and a large program to link: minutes, on a small machine many. */
const buildTimeoutMs = 3_600_000;

export async function findTemporalServerBinaries(
  search: TemporalSearch,
): Promise<TemporalServerBinaries> {
  mkdirSync(search.cache, { recursive: true });
  const cached = join(search.cache, `temporal-server-${temporalServerVersion}`);
  const misses: string[] = [];
  for (const source of sources) {
    try {
      const programs = await source.find(search, cached);
      return { ...programs, source: source.name, version: await readVersion(programs, search) };
    } catch (error) {
      misses.push(`  ${source.name}: ${messageOf(error)}`);
    }
  }
  throw new Error(
    'There is no Temporal server with its sql tool. Put temporal-server and temporal-sql-tool on ' +
      `the PATH, or Go 1.26 to build them. Looked for them:\n${misses.join('\n')}`,
  );
}

function findBothOnPath(searchPath = ''): Programs {
  const server = findOnPath('temporal-server', searchPath);
  const sqlTool = findOnPath('temporal-sql-tool', searchPath);
  if (server === undefined || sqlTool === undefined) throw new Error('none');
  return { server, sqlTool };
}

function programsIn(folder: string): Programs {
  const programs = {
    server: join(folder, 'temporal-server'),
    sqlTool: join(folder, 'temporal-sql-tool'),
  };
  if (!Object.values(programs).every(isProgram)) throw new Error('none');
  return programs;
}

async function buildByGo(search: TemporalSearch, target: string): Promise<Programs> {
  const { environment, signal, report } = search;
  const go = findOnPath('go', environment['PATH'] ?? '');
  if (go === undefined) throw new Error('Go is not installed');
  report?.(`building the Temporal server ${temporalServerVersion} by go install: several minutes`);
  const module = 'go.temporal.io/server';
  const packages = ['cmd/server', 'cmd/tools/sql'];
  const folder = mkdtempSync(join(search.cache, 'build-'));
  try {
    const built = await runCommand(
      [go, 'install', ...packages.map((path) => `${module}/${path}@v${temporalServerVersion}`)],
      { timeoutMs: buildTimeoutMs, environment: { ...environment, GOBIN: folder }, signal },
    );
    if (!built.ok) throw new Error(built.output.split('\n').slice(-5).join('\n'));
    // Go names a program after its folder.
    renameSync(join(folder, 'server'), join(folder, 'temporal-server'));
    renameSync(join(folder, 'sql'), join(folder, 'temporal-sql-tool'));
    if (existsSync(target)) rmSync(target, { recursive: true });
    renameSync(folder, target);
    return programsIn(target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function readVersion({ server }: Programs, search: TemporalSearch): Promise<string> {
  const asked = { timeoutMs: 15_000, environment: search.environment };
  const { ok, output } = await runCommand([server, '--version'], asked);
  const version = /temporal version (\d+\.\d+\.\d+)/.exec(output)?.[1];
  if (!ok || version === undefined) {
    throw new Error(`${server} --version failed: ${output.slice(0, 200)}`);
  }
  return version;
}
