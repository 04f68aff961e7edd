/** The repository as the house rules see it: its files, and where in them something stands. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const skipped = new Set(['node_modules', '.git', '.tender', 'coverage', 'dist']);

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesUnder(path);
    return entry.isFile() ? [relative(root, path)] : [];
  });
}

export const files: readonly string[] = filesUnder(root);
/** The rules name what they forbid, so they do not judge themselves. */
const rules = relative(root, import.meta.dirname);
export const sources = files.filter((path) => path.endsWith('.ts') && !path.startsWith(rules));
export const isTest = (path: string): boolean => /(\.test\.ts$)|(^test\/)/.test(path);
export const documents = files.filter((path) => path.endsWith('.md'));

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

interface PackageFile {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

export const packageFile = JSON.parse(read('package.json')) as PackageFile;
