import { afterAll, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasReadyLine } from '../ready.ts';
import { isRunning } from '../servers/process-identity.ts';
import type { ProcessSpec, RunningProcess } from '../servers/process.ts';
import { waitUntil } from '../servers/wait-until.ts';
import { recordProcesses, stopRecordedProcesses } from './recorded-processes.ts';
import { supervise } from './supervise.ts';

const folder = mkdtempSync(join(tmpdir(), 'tender-supervise-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ready = 'console.log(JSON.stringify({ ready: true }));';
const staysUp = `${ready} setInterval(() => undefined, 1000);`;

function aPart(name: string, script: string): ProcessSpec {
  return {
    name,
    command: [process.execPath, '-e', script],
    environment: {},
    cwd: folder,
    logFile: join(folder, `${name}.log`),
    stop: { signal: 'SIGTERM', timeoutMs: 2000 },
    watchesParent: false,
    isReady: (output) => hasReadyLine(output()),
    readyTimeoutMs: 10_000,
  };
}

function aWitness(): {
  started: RunningProcess[];
  reasons: string[];
  hooks: Parameters<typeof supervise>[1];
} {
  const started: RunningProcess[] = [];
  const reasons: string[] = [];
  const hooks = {
    onStarted: (running: RunningProcess) => void started.push(running),
    onDied: (reason: string) => void reasons.push(reason),
  };
  return { started, reasons, hooks };
}

test('a part that is killed runs again at once, and a stopped one does not', async () => {
  const { started, reasons, hooks } = aWitness();
  const part = await supervise(aPart('killed', staysUp), hooks);
  const killedAt = performance.now();
  started[0]?.kill();
  expect(await waitUntil(() => started.length === 2, { timeoutMs: 2000 })).toBe(true);
  expect(performance.now() - killedAt).toBeLessThan(1000);
  expect(reasons).toEqual(['SIGKILL']);
  await part.stop();
  expect(started).toHaveLength(2);
  expect(started.map(({ identity }) => isRunning(identity))).toEqual([false, false]);
});

test('a part that dies right after every start is slowed down', async () => {
  const { started, hooks } = aWitness();
  const failing = aPart('failing', `${ready} setTimeout(() => process.exit(1), 50);`);
  const part = await supervise(failing, hooks);
  await waitUntil(() => started.length >= 20, { timeoutMs: 2500 });
  await part.stop();
  expect(started.length).toBeGreaterThan(3);
  expect(started.length).toBeLessThan(10);
});

test('a start that fails says why, with the end of the log', async () => {
  const broken = aPart('broken', "console.error('no such table'); process.exit(3)");
  const failure = supervise(broken, aWitness().hooks);
  await expect(failure).rejects.toThrow('broken ended at its start (exit status 3)');
  await expect(failure).rejects.toThrow('no such table');
});

test('what a killed supervisor left running is stopped, what has its pid now is not', async () => {
  const path = join(folder, 'processes.json');
  const { started, hooks } = aWitness();
  const orphan = await supervise(aPart('orphan', staysUp), hooks);
  const [running] = started;
  if (running === undefined) throw new Error('it has not started');
  const records = recordProcesses(path);
  records.set('orphan', running.identity);
  records.set('other', { pid: process.pid, started: 'at another time' });
  const stopped = orphan.stop();
  await stopRecordedProcesses(path);
  expect(isRunning(running.identity)).toBe(false);
  await stopped;
});

test('a record that was torn by a crash is an empty one', async () => {
  const path = join(folder, 'torn.json');
  writeFileSync(path, '{"api":');
  await stopRecordedProcesses(path);
  expect(readFileSync(path, 'utf8')).toBe('{"api":');
});
