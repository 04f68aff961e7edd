/** `npm start`: everything on this machine, one sample payment, then until Ctrl-C. */
import { localSettings } from '../runtime/env.ts';
import { findLauncher, onLauncherEnd } from '../runtime/local/launcher.ts';
import { startStack } from '../runtime/local/stack.ts';
import type { Stack } from '../runtime/local/stack.ts';
import { runSamplePayment } from './sample-payment.ts';

const startedAt = performance.now();
const givenUp = new AbortController();
let stack: Stack | undefined;
let leaving = false;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function leave(reason: string): void {
  if (leaving) {
    // The parts hold pipes to us or die with us, and the next start looks for what is left.
    stack?.killAll();
    process.exit(130);
  }
  leaving = true;
  say(`\n${reason}: stopping (once more stops at once)`);
  if (stack === undefined) givenUp.abort(new Error('given up before the start was complete'));
  else void stop(stack);
}

async function stop(running: Stack): Promise<void> {
  await running.stop();
  say('stopped');
  process.exit(0);
}

async function main(): Promise<void> {
  const settings = localSettings();
  const launcher = settings.startedByNpm ? findLauncher() : undefined;
  if (launcher !== undefined) onLauncherEnd(launcher, () => leave('npm has ended'));
  stack = await startStack({ settings, launcher, signal: givenUp.signal, report: say });
  say(`Started in ${((performance.now() - startedAt) / 1000).toFixed(1)} s.\n`);
  const { endpoints, home } = stack;
  await runSamplePayment(endpoints, say).catch((error: unknown) => {
    say(`The sample payment failed: ${describe(error)} (logs: ${home.folder}/logs)`);
  });
  say(`
API          ${endpoints.api.url}  (documentation: ${endpoints.api.url}/docs)
Sandbox      ${endpoints.sandbox.url}
Temporal UI  ${endpoints.temporal.ui ?? '(not ours)'}
Addresses, keys and staff tokens: ${home.endpoints}
Logs: ${home.folder}/logs

A payment of your own:
  curl -sS ${endpoints.api.url}/v1/payments -H 'Authorization: Bearer ${endpoints.api.key}' -H 'Content-Type: application/json' -H "Idempotency-Key: try-$(date +%s)" -d '{"amount":1299,"currency":"EUR","capture_method":"automatic","payment_method":{"type":"card","token":"tok_visa"}}'

Ctrl-C stops everything.`);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\n  because: ${describe(error.cause)}`;
  return `${error.message}${cause}`;
}

// Whoever reads our output may leave (`npm start | head`); the service goes on.
process.stdout.on('error', () => undefined);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => leave(signal));
}
try {
  await main();
} catch (error) {
  process.exitCode = givenUp.signal.aborted ? 0 : 1;
  process.stderr.write(`${describe(error)}\n`);
  process.exit();
}
