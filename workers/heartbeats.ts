/** Every ordinary activity heartbeats by itself, so that the server soon learns of a dead worker. */
import type { ActivityInterceptorsFactory } from '@temporalio/worker';

const intervalMs = 1_000;

export const heartbeats: ActivityInterceptorsFactory = (context) => ({
  inbound: {
    execute: async (input, next) => {
      // Local activities live and die with their workflow task.
      if (context.info.isLocal) return next(input);
      const timer = setInterval(() => {
        context.heartbeat();
      }, intervalMs);
      try {
        return await next(input);
      } finally {
        clearInterval(timer);
      }
    },
  },
});
