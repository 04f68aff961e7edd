import { afterAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'tender-shutdown-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program that says `up`, and at its shutdown does `stop`. */
async function startProgram(stop: string): Promise<{ child: ChildProcess; output: () => string }> {
  const program = join(folder, `${Math.trunc(performance.now() * 1000)}.ts`);
  writeFileSync(
    program,
    `import { onShutdown } from ${JSON.stringify(join(import.meta.dirname, 'shutdown.ts'))};
     setInterval(() => undefined, 1000);
     onShutdown(async () => { console.log('stopping'); ${stop} }, { watchParent: true });
     console.log('up');`,
  );
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  while (!output.includes('up')) await once(child.stdout, 'data');
  return { child, output: () => output };
}

async function endOf(child: ChildProcess): Promise<unknown> {
  const [code] = (await once(child, 'close')) as unknown[];
  return code;
}

test('SIGTERM: stops in order and exits 0', async () => {
  const { child, output } = await startProgram('');
  child.kill('SIGTERM');
  expect(await endOf(child)).toBe(0);
  expect(output()).toBe('up\nstopping\n');
});

test('a supervisor that is gone: the closed stdin stops it', async () => {
  const { child } = await startProgram('');
  child.stdin?.destroy();
  expect(await endOf(child)).toBe(0);
});

test('a stop that fails: exits 1 and says why', async () => {
  const { child, output } = await startProgram("throw new Error('pool is stuck');");
  child.kill('SIGINT');
  expect(await endOf(child)).toBe(1);
  expect(output()).toContain('pool is stuck');
});

test('a second signal leaves at once', async () => {
  const { child, output } = await startProgram('await new Promise(() => undefined);');
  child.kill('SIGTERM');
  while (!output().includes('stopping')) await once(child.stdout ?? child, 'data');
  child.kill('SIGTERM');
  expect(await endOf(child)).toBe(1);
});
