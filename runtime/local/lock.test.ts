import { afterAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identify, isRunning } from '../servers/process-identity.ts';
import type { ProcessIdentity } from '../servers/process-identity.ts';
import { waitUntil } from '../servers/wait-until.ts';
import { lockHome } from './lock.ts';

const folder = mkdtempSync(join(tmpdir(), 'tender-lock-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
const newLock = (): string => join(folder, `${(count += 1)}.lock`);
const dead: ProcessIdentity = { pid: process.pid, started: 'at another time' };

test('a second supervisor on the same home is refused, with the pid of the first', async () => {
  const path = newLock();
  const lock = await lockHome(path, undefined);
  await expect(lockHome(path, undefined)).rejects.toThrow(`process ${process.pid}`);
  lock.release();
  expect(existsSync(path)).toBe(false);
});

test('the lock of a process that died is taken over, also when its pid lives on', async () => {
  const path = newLock();
  writeFileSync(path, JSON.stringify(dead));
  const lock = await lockHome(path, undefined);
  lock.release();
});

test('of many that find a dead lock, one gets it', async () => {
  const path = newLock();
  writeFileSync(path, JSON.stringify(dead));
  const tries = await Promise.allSettled(
    Array.from({ length: 12 }, () => lockHome(path, undefined)),
  );
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('a supervisor whose npm was killed is stopped and replaced', async () => {
  const path = newLock();
  const abandoned = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
  const holder = identify(abandoned.pid ?? 0);
  writeFileSync(path, JSON.stringify({ ...holder, launcher: dead }));
  // What the supervisor itself does at the end of its stop.
  abandoned.once('exit', () => rmSync(path));
  await lockHome(path, undefined);
  expect(await waitUntil(() => abandoned.signalCode === 'SIGTERM', { timeoutMs: 2000 })).toBe(true);
  expect(holder !== undefined && isRunning(holder)).toBe(false);
});
