/** The workflow bundle of a home, made again only when what goes into it has changed. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Everything a bundle is made from; the lock file stands for the SDK and the bundler. */
const sources = ['workflows', 'domain', 'workers/bundle-workflows.ts', 'package-lock.json'];

export interface BundleOptions {
  readonly project: string;
  /** Holds the bundle, under a name that is the hash of its sources. */
  readonly folder: string;
  readonly make: (outFile: string) => Promise<void>;
}

export async function ensureWorkflowBundle(options: BundleOptions): Promise<string> {
  mkdirSync(options.folder, { recursive: true });
  const name = `${hashSources(options.project)}.js`;
  const path = join(options.folder, name);
  if (existsSync(path)) return path;
  const unfinished = `${path}.${process.pid}.new`;
  await options.make(unfinished);
  renameSync(unfinished, path);
  for (const other of readdirSync(options.folder)) {
    if (other !== name) rmSync(join(options.folder, other), { force: true });
  }
  return path;
}

function hashSources(project: string): string {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (const file of listFiles(project, source)) {
      hash
        .update(`${file}\0`)
        .update(readFileSync(join(project, file)))
        .update('\0');
    }
  }
  return hash.digest('hex').slice(0, 20);
}

function listFiles(project: string, source: string): string[] {
  const path = join(project, source);
  if (!existsSync(path)) return [];
  if (source.includes('.')) return [source];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name).slice(project.length + 1))
    .sort();
}
