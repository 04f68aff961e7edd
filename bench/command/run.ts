/** What every benchmark on a PostgreSQL of its own is as a command: a home, an end that leaves nothing, an exit code. */
import { rmSync } from 'node:fs';
import { localSettings } from '../../runtime/env.ts';
import { findLauncher, onLauncherEnd } from '../../runtime/local/launcher.ts';
import { makeHome } from '../../runtime/local/own-stack.ts';
import type { RunningProcess } from '../../runtime/servers/process.ts';

export interface Command {
  readonly home: string;
  /** With the time that has passed. */
  readonly report: (line: string) => void;
  /** Seconds since it began. */
  readonly elapsed: () => number;
  /** It is ended with the command, however that ends. */
  readonly onStart: (part: Pick<RunningProcess, 'kill'>) => void;
}

/** `name` as npm has it: `bench:ledger`. `run` answers whether its run proves something. Ends the process. */
export async function runCommand(
  name: string,
  run: (command: Command) => Promise<boolean>,
): Promise<never> {
  const parts: Pick<RunningProcess, 'kill'>[] = [];
  const leave = (reason: string): void => {
    for (const part of parts) part.kill();
    process.stderr.write(`${reason}: given up\n`);
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => leave(signal));
  }
  const launcher = localSettings().startedByNpm ? findLauncher() : undefined;
  if (launcher !== undefined) onLauncherEnd(launcher, () => leave('npm has ended'));
  const home = makeHome(name.replace(':', '-'));
  const startedAt = performance.now();
  const elapsed = (): number => Math.round((performance.now() - startedAt) / 100) / 10;
  const report = (line: string): void => {
    console.log(`${elapsed().toFixed(1).padStart(6)} s  ${line}`);
  };
  const onStart = (part: Pick<RunningProcess, 'kill'>): void => void parts.push(part);
  const ok = await run({ home, report, elapsed, onStart }).catch((error: unknown) => {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    console.log(`${name} itself failed: ${reason}`);
    console.log(JSON.stringify({ name, ok: false, error: reason }));
    return false;
  });
  rmSync(home, { recursive: true, force: true });
  process.exit(ok ? 0 : 1);
}
