import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { skeleton } from './skeleton.ts';

export type Created =
  | { readonly kind: 'created'; readonly paths: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string };

/** Writes `providers/<name>/` below `root`; never over anything. */
export function createProviderFolder(root: string, name: string): Created {
  if (!/^[a-z][a-z0-9]{1,30}$/.test(name)) {
    return { kind: 'refused', reason: 'a name: lower case letters and digits, 2 to 31 of them' };
  }
  const folder = join(root, 'providers', name);
  if (existsSync(folder)) return { kind: 'refused', reason: `providers/${name} is there already` };
  mkdirSync(folder, { recursive: true });
  const files = Object.entries(skeleton(name));
  for (const [file, text] of files) writeFileSync(join(folder, file), text);
  return { kind: 'created', paths: files.map(([file]) => `providers/${name}/${file}`) };
}
