/** One connection to Temporal per process, made when Temporal is there and kept from then on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection } from '@temporalio/worker';
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
