import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { requestIdOf } from './request-id.ts';

/** One line per answer. The route, never the address: what callers put into one may not be logged. */
export function accessLog(log: Logger): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    const started = performance.now();
    response.once('close', () => {
      const { path } = (request.route ?? {}) as { path?: string };
      const { merchantId } = response.locals as { merchantId?: string };
      log.info(
        {
          requestId: requestIdOf(response),
          method: request.method,
          route: path ?? null,
          status: response.statusCode,
          finished: response.writableFinished,
          durationMs: Math.round(performance.now() - started),
          ...(merchantId !== undefined && { merchantId }),
        },
        'answered',
      );
    });
    next();
  };
}
