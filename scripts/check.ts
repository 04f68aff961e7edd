/** Runs every static check side by side and prints each one's output only if it failed. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const checks: readonly { readonly name: string; readonly command: readonly string[] }[] = [
  { name: 'prettier', command: ['prettier', '--check', '--log-level', 'warn', '.'] },
  { name: 'eslint', command: ['eslint', '--max-warnings', '0', '.'] },
  { name: 'dependency-cruiser', command: ['depcruise', '--output-type', 'err-long', '.'] },
  { name: 'tsc', command: ['tsc', '--noEmit', '--pretty', 'false'] },
  { name: 'knip', command: ['knip', '--no-progress'] },
];

interface Outcome {
  readonly name: string;
  readonly ok: boolean;
}

function run(name: string, command: readonly string[]): Promise<Outcome> {
  const [program = '', ...args] = command;
  const started = performance.now();
  // By path and with this very Node: the machine's own may be an older one.
  const child = spawn(process.execPath, [`node_modules/.bin/${program}`, ...args], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    const finish = (ok: boolean, output: string): void => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
      if (!ok) console.log(`${output.trimEnd()}\n`);
      resolve({ name, ok });
    };
    child.on('error', (error) => finish(false, error.message));
    child.on('close', (code) => finish(code === 0, Buffer.concat(chunks).toString()));
  });
}

const outcomes = await Promise.all(checks.map(({ name, command }) => run(name, command)));
const failed = outcomes.filter(({ ok }) => !ok).map(({ name }) => name);
if (failed.length > 0) {
  console.log(`check failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
