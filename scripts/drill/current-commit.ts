/** Of which commit a report is, read from the files, since git itself need not be installed. */
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Null outside a clone. */
export function currentCommit(project: string): string | null {
  try {
    const { own, common } = foldersOf(project);
    const head = readFileSync(join(own, 'HEAD'), 'utf8').trim();
    const reference = /^ref: (.+)$/.exec(head)?.[1];
    return reference === undefined ? head : readReference(common, reference);
  } catch {
    return null;
  }
}

/** In a worktree of its own `.git` is a file that names where its HEAD is; the branches are with the clone. */
function foldersOf(project: string): { readonly own: string; readonly common: string } {
  const git = join(project, '.git');
  if (statSync(git).isDirectory()) return { own: git, common: git };
  const named = /^gitdir: (.+)$/m.exec(readFileSync(git, 'utf8'))?.[1] ?? '';
  const own = resolve(project, named);
  return { own, common: resolve(own, readFileSync(join(own, 'commondir'), 'utf8').trim()) };
}

function readReference(common: string, reference: string): string | null {
  try {
    return readFileSync(join(common, ...reference.split('/')), 'utf8').trim();
  } catch {
    const packed = readFileSync(join(common, 'packed-refs'), 'utf8').split('\n');
    return packed.find((line) => line.endsWith(` ${reference}`))?.split(' ')[0] ?? null;
  }
}
