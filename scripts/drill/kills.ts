/** Kills the parts in turn with SIGKILL, and measures how long each is away. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Stack } from '../../runtime/local/stack.ts';
import { hasReadyLine } from '../../runtime/ready.ts';
import { namespaceExists } from '../../runtime/servers/temporal-probe.ts';
import { waitUntil } from '../../runtime/servers/wait-until.ts';
import type { Random } from './random.ts';

export const killedParts = ['api', 'background', 'postgres', 'temporal'] as const;
export type KilledPart = (typeof killedParts)[number];

export interface Kill {
  readonly part: KilledPart;
  readonly at: number;
  /** Null: not back in time. */
  readonly backMs: number | null;
  readonly withDatabase: boolean;
}

export interface KillSchedule {
  readonly stack: Stack;
  readonly random: Random;
  readonly seconds: number;
  readonly report: (line: string) => void;
}

const backTimeoutMs = 30_000;
const killsWanted = 9;
/** The second time Temporal dies, its database goes with it. */
const databaseLossAt = killedParts.length + killedParts.indexOf('temporal');

/** Ends before `seconds` are over, so that callers meet every part once more after its last death. */
export async function killInTurn(schedule: KillSchedule): Promise<readonly Kill[]> {
  const { random, seconds, report } = schedule;
  const gapMs = (seconds * 1000) / (killsWanted + 0.5);
  const startedAt = performance.now();
  const kills: Kill[] = [];
  for (let turn = 0; ; turn += 1) {
    const dueAt = startedAt + gapMs * (turn + 0.3 + 0.4 * random.next());
    if (dueAt > startedAt + seconds * 1000 - gapMs / 3) return kills;
    await sleep(Math.max(0, dueAt - performance.now()));
    const part = killedParts[turn % killedParts.length] ?? 'api';
    const kill = await killOne(schedule.stack, part, turn === databaseLossAt);
    kills.push(kill);
    const away = kill.backMs === null ? 'is not back' : `back after ${kill.backMs} ms`;
    report(`killed ${part}${kill.withDatabase ? ' and deleted its database' : ''}: ${away}`);
  }
}

async function killOne(stack: Stack, part: KilledPart, withDatabase: boolean): Promise<Kill> {
  const pid = stack.endpoints.processes[part];
  if (pid === undefined) throw new Error(`${part} has no process to kill`);
  const logSize = statSync(stack.home.log(part)).size;
  const at = performance.now();
  stack.kill(part);
  if (withDatabase) stack.deleteTemporalDatabase();
  const isNew = (): boolean => (stack.endpoints.processes[part] ?? pid) !== pid;
  const isBack = async (): Promise<boolean> => isNew() && (await answers(stack, part, logSize));
  const inTime = await waitUntil(isBack, { timeoutMs: backTimeoutMs });
  if (isAlive(pid)) throw new Error(`process ${pid} of ${part} outlived its SIGKILL`);
  return { part, at, withDatabase, backMs: inTime ? Math.round(performance.now() - at) : null };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Whether it does its work again, asked where others would ask it. */
function answers(stack: Stack, part: KilledPart, logSize: number): Promise<boolean> {
  const { api, temporal, database } = stack.endpoints;
  switch (part) {
    case 'api':
      return answersOk(`${api.url}/livez`);
    case 'background':
      return Promise.resolve(hasReadyLine(readFrom(stack.home.log(part), logSize)));
    case 'postgres':
      return answersQueries(database.url);
    case 'temporal':
      return namespaceExists(Number(temporal.address.split(':').at(-1)), temporal.namespace);
  }
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

async function answersQueries(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 1_000 });
  // It may go away again while we ask.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function readFrom(path: string, start: number): string {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(Math.max(0, statSync(path).size - start));
    readSync(file, buffer, 0, buffer.length, start);
    return buffer.toString();
  } finally {
    closeSync(file);
  }
}
