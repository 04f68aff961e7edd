/** The parts of one stack: which run, as which process, and in which order they stop. */
import type { ProcessSpec, RunningProcess } from '../servers/process.ts';
import type { PartName } from './endpoints.ts';
import type { RecordedProcesses } from './recorded-processes.ts';
import { supervise } from './supervise.ts';
import type { SupervisedPart } from './supervise.ts';

/** Those that use a server stop before it. */
const stopOrder: readonly (readonly PartName[])[] = [
  ['api', 'background'],
  ['sandbox'],
  ['temporal'],
  ['postgres'],
];

export interface PartsHooks {
  readonly records: RecordedProcesses;
  readonly report: (line: string) => void;
  /** A part has another process than before. */
  readonly onChange: () => void;
}

export interface Parts {
  /** Starts a part and resolves when it is ready; from then on it is kept running. */
  readonly start: (name: PartName, spec: ProcessSpec) => Promise<void>;
  readonly pids: () => Partial<Record<PartName, number>>;
  readonly kill: (name: PartName) => void;
  readonly stop: () => Promise<void>;
  readonly killAll: () => void;
}

export function createParts(hooks: PartsHooks): Parts {
  const running = new Map<PartName, RunningProcess>();
  const supervised = new Map<PartName, SupervisedPart>();
  let stopping: Promise<void> | undefined;

  async function stopOne(name: PartName): Promise<void> {
    await supervised.get(name)?.stop();
    // One that never became ready is not supervised yet.
    await running.get(name)?.stop();
  }

  async function stopAll(): Promise<void> {
    for (const names of stopOrder) await Promise.all(names.map(stopOne));
    hooks.records.clear();
  }

  return {
    async start(name, spec) {
      if (stopping !== undefined) throw new Error(`stopped before ${name} was started`);
      const part = await supervise(spec, {
        onStarted: (process) => {
          running.set(name, process);
          // Spawned while the stop was under way, which no longer sees it.
          if (stopping !== undefined) process.kill();
          hooks.records.set(name, process.identity);
          hooks.onChange();
        },
        onDied: (reason) => hooks.report(`${name} ended (${reason}): starting it again`),
      });
      supervised.set(name, part);
    },
    pids: () =>
      Object.fromEntries([...running].map(([name, { identity }]) => [name, identity.pid])),
    kill(name) {
      const process = running.get(name);
      if (process === undefined) throw new Error(`${name} is not a part of this stack`);
      process.kill();
    },
    stop: () => (stopping ??= stopAll()),
    killAll: () => {
      for (const process of running.values()) process.kill();
    },
  };
}
