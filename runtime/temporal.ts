/** One connection to Temporal per process, made when Temporal is there and kept from then on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection, Runtime } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { TemporalSettings } from './env.ts';

const retryMs = 500;

/** Resolves once connected, however long that takes; undefined when given up by `signal`. */
export async function connectTemporal(
  settings: TemporalSettings,
  signal: AbortSignal,
): Promise<NativeConnection | undefined> {
  while (!signal.aborted) {
    try {
      return await NativeConnection.connect({ address: settings.address });
    } catch {
      await sleep(retryMs, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

/** Once per process. Signals are ours: the SDK's own handlers would stop a worker before all else. */
export function installTemporalRuntime(log: Logger): void {
  Runtime.install({
    shutdownSignals: [],
    logger: {
      log: (level, message, meta) => {
        if (level === 'ERROR') log.error(meta ?? {}, message);
        else if (level === 'WARN') log.warn(meta ?? {}, message);
      },
      trace: () => undefined,
      debug: () => undefined,
      info: () => undefined,
      warn: (message, meta) => {
        log.warn(meta ?? {}, message);
      },
      error: (message, meta) => {
        log.error(meta ?? {}, message);
      },
    },
    telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
  });
}
