/** A stack of which every part is ours, for drills and benchmarks: what they kill or load is theirs alone. */
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localSettings } from '../env.ts';
import type { LocalSettings } from '../env.ts';
import { findLauncher, onLauncherEnd } from './launcher.ts';
import { startStack } from './stack.ts';
import type { Stack } from './stack.ts';

/** A fresh folder; PostgreSQL may run as another user, who has to get through. */
export function makeHome(purpose: string): string {
  const home = mkdtempSync(join(tmpdir(), `tender-${purpose}-`));
  chmodSync(home, 0o711);
  return home;
}

export interface OwnStackOptions {
  readonly home: string;
  readonly report: (line: string) => void;
  readonly signal: AbortSignal;
  /** npm, which ran us, has ended: nothing may outlive it. */
  readonly onLauncherEnd: () => void;
  /** Added to what our processes inherit. */
  readonly environment?: Readonly<Record<string, string>>;
}

export async function startOwnStack(options: OwnStackOptions): Promise<Stack> {
  const given = localSettings();
  const launcher = given.startedByNpm ? findLauncher() : undefined;
  if (launcher !== undefined) onLauncherEnd(launcher, options.onLauncherEnd);
  const settings: LocalSettings = {
    ...given,
    inherited: { ...given.inherited, ...options.environment },
    host: '127.0.0.1',
    // Servers named in the environment are left alone.
    publicUrl: undefined,
    databaseUrl: undefined,
    apiDatabaseUrl: undefined,
    workerDatabaseUrl: undefined,
    temporalAddress: undefined,
    sandboxPort: undefined,
  };
  const { home, report, signal } = options;
  return startStack({ settings, home, port: 0, launcher, report, signal });
}
