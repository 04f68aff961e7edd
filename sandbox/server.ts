import { pino } from 'pino';
import { startSandbox } from './sandbox.ts';
import { readSettings } from './settings.ts';

// Standard output is for the ready line alone.
const log = pino({ name: 'sandbox' }, pino.destination({ dest: 2, sync: true }));

async function main(): Promise<void> {
  const read = readSettings();
  if (read.kind === 'invalid') {
    log.fatal(read.message);
    process.exitCode = 1;
    return;
  }
  const { settings } = read;
  const sandbox = await startSandbox({ ...settings, log });
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    sandbox
      .close()
      .then(() => process.exit(0))
      .catch((error: unknown) => {
        log.fatal({ err: error }, 'did not stop cleanly');
        process.exit(1);
      });
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (settings.parentWatch) {
    process.stdin.on('end', stop);
    process.stdin.on('error', stop);
    process.stdin.resume();
  }
  process.stdout.write(`${JSON.stringify({ ready: true, url: sandbox.url })}\n`);
}

await main();
