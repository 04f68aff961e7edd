/** One supervisor per home. The lock names its holder, so that a dead one's can be taken over. */
import { mkdirSync, readFileSync, rmSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { hasCode } from '../errors.ts';
import { identify, isRunning } from '../servers/process-identity.ts';
import type { ProcessIdentity } from '../servers/process-identity.ts';
import { stopProcess } from '../servers/stop-process.ts';

const identitySchema = z.object({ pid: z.number(), started: z.string() });
const holderSchema = identitySchema.extend({ launcher: identitySchema.optional() });

type Holder = z.infer<typeof holderSchema>;

export interface HomeLock {
  readonly release: () => void;
}

/** Long enough for a supervisor that is on its way out to stop all its parts. */
const stopTimeoutMs = 25_000;
/** The lock file and the guard exist for a moment before they are filled or gone. */
const youngMs = 3_000;

export async function lockHome(
  path: string,
  launcher: ProcessIdentity | undefined,
): Promise<HomeLock> {
  const self = identify(process.pid);
  if (self === undefined) throw new Error('this system does not tell when a process began');
  const content = JSON.stringify({ ...self, ...(launcher && { launcher }) });
  while (!writeNew(path, content)) {
    const holder = readHolder(path);
    if (holder === undefined) await removeUnless(path, () => isYoung(path));
    else if (!isRunning(holder)) await removeUnless(path, () => isHeld(path));
    else if (isAbandoned(holder)) await stopProcess(holder, { signal: 'SIGTERM', timeoutMs: stopTimeoutMs }); // prettier-ignore
    else throw new Error(`Tender already runs on this home (process ${holder.pid}): stop it, or set TENDER_HOME to another folder.`); // prettier-ignore
  }
  return { release: () => rmSync(path, { force: true }) };
}

/** Its npm was killed: it has noticed, or is about to, and stops. */
function isAbandoned({ launcher }: Holder): boolean {
  return launcher !== undefined && !isRunning(launcher);
}

function isHeld(path: string): boolean {
  const holder = readHolder(path);
  return holder === undefined ? isYoung(path) : isRunning(holder);
}

/** Only one at a time looks and removes, or two could remove each other's fresh lock. */
async function removeUnless(path: string, isInUse: () => boolean): Promise<void> {
  const guard = `${path}.guard`;
  try {
    mkdirSync(guard);
  } catch {
    if (!isYoung(guard)) rmSync(guard, { recursive: true, force: true });
    await sleep(50);
    return;
  }
  if (isInUse()) await sleep(50);
  else rmSync(path, { force: true });
  rmdirSync(guard);
}

function writeNew(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function readHolder(path: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined; // being written, or damaged
  }
}

function isYoung(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined && Date.now() - found.mtimeMs < youngMs;
}
