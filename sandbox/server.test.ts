/**
 * The process itself. Killed with SIGKILL in the middle of load, it must still have in its books
 * every call it answered; each kill happens at another moment.
 */
import { afterEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { anAuthorization, createClient, newDataPath, newReference } from './testing/client.ts';
import type { SandboxClient } from './testing/client.ts';

const entry = fileURLToPath(new URL('server.ts', import.meta.url));
const children: ChildProcessWithoutNullStreams[] = [];

interface StartedServer {
  readonly child: ChildProcessWithoutNullStreams;
  readonly client: SandboxClient;
}

function spawnServer(settings: Record<string, string>): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry], {
    env: { ...process.env, NODE_OPTIONS: '', ...settings },
  });
  children.push(child);
  return child;
}

async function startServer(dataPath: string, settings = {}): Promise<StartedServer> {
  const child = spawnServer({ TENDER_SANDBOX_DATA: dataPath, ...settings });
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as { ready: boolean; url: string };
    expect(said.ready).toBe(true);
    return { child, client: createClient(said.url) };
  }
  throw new Error('the server ended without getting ready');
}

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

/** Sells until the server dies, and notes the references of what was answered. */
async function sellUntilDeath(client: SandboxClient, answered: string[]): Promise<void> {
  for (;;) {
    const order = anAuthorization({ capture: true });
    try {
      const { status } = await client.call('POST', '/alder/authorizations', order, newReference());
      if (status === 200) answered.push(String(order['reference']));
    } catch {
      return;
    }
  }
}

test('killed in the middle of load, it has booked all it answered, once', async () => {
  const dataPath = newDataPath();
  const answered: string[] = [];
  for (const sold of [23, 60, 101]) {
    const { child, client } = await startServer(dataPath);
    const sellers = Array.from({ length: 8 }, () => sellUntilDeath(client, answered));
    // By what is sold, not by the clock: a busy machine sells slowly.
    while (answered.length < sold) await new Promise((resolve) => setTimeout(resolve, 1));
    child.kill('SIGKILL');
    await Promise.all(sellers);
  }
  const { client } = await startServer(dataPath);
  const booked = new Map<string, string[]>();
  for (const { reference, operation } of await client.books('alder')) {
    booked.set(reference, [...(booked.get(reference) ?? []), operation]);
  }
  expect(answered.length).toBeGreaterThan(100);
  expect(answered.filter((reference) => !booked.has(reference))).toEqual([]);
  // Whatever was booked without an answer is whole as well: never half a sale.
  expect(new Set([...booked.values()].map(String))).toEqual(new Set(['authorize,capture']));
});

describe('stopping', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('on %s it ends well', async (signal) => {
    const { child } = await startServer(newDataPath());
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('it ends with its parent, if told to watch', async () => {
    const { child } = await startServer(newDataPath(), { TENDER_PARENT_WATCH: '1' });
    child.stdin.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('otherwise it does not care about its input', async () => {
    const { child, client } = await startServer(newDataPath());
    child.stdin.end();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await client.call('GET', '/livez')).status).toBe(200);
    expect(child.exitCode).toBeNull();
  });
});

test('a wrong setting stops the start and is named', async () => {
  const child = spawnServer({ TENDER_SANDBOX_DATA: newDataPath(), TENDER_SANDBOX_PORT: 'x' });
  const chunks: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(Buffer.concat(chunks).toString()).toContain('TENDER_SANDBOX_PORT');
});
