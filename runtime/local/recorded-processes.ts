/** processes.json: what a supervisor started, so that after its SIGKILL the next can stop it. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { ProcessIdentity } from '../servers/process-identity.ts';
import { fastShutdown } from '../servers/postgres-leftovers.ts';
import { stopProcess } from '../servers/stop-process.ts';
import type { StopOrder } from '../servers/stop-process.ts';
import { writePrivateJson } from './private-file.ts';

const recordSchema = z.record(z.string(), z.object({ pid: z.number(), started: z.string() }));

export interface RecordedProcesses {
  set(part: string, identity: ProcessIdentity): void;
  clear(): void;
}

export function recordProcesses(path: string): RecordedProcesses {
  const current: Record<string, ProcessIdentity> = {};
  return {
    set(part, identity) {
      current[part] = identity;
      writePrivateJson(path, current);
    },
    clear() {
      writePrivateJson(path, {});
    },
  };
}

/** Stops those that still run; a pid that now is another process's is left alone. */
export async function stopRecordedProcesses(path: string): Promise<void> {
  const left = Object.entries(readRecord(path));
  await Promise.all(left.map(([part, identity]) => stopProcess(identity, orderFor(part))));
}

/** Nobody waits for what they were doing; only PostgreSQL starts faster after a clean end. */
function orderFor(part: string): StopOrder {
  return part === 'postgres' ? fastShutdown : { signal: 'SIGKILL', timeoutMs: 3000 };
}

function readRecord(path: string): z.infer<typeof recordSchema> {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return {}; // the first start
  }
}
