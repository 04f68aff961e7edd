/** Files only their owner may read, replaced in one step: a reader never sees half of one. */
import { renameSync, writeFileSync } from 'node:fs';

export function writePrivateJson(path: string, value: unknown): void {
  const unfinished = `${path}.${process.pid}.new`;
  writeFileSync(unfinished, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, path);
}
