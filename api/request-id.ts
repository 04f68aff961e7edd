import type { NextFunction, Request, Response } from 'express';
import { v7 } from 'uuid';

export const requestIdHeader = 'Request-Id';

/** Ours, never the caller's: it goes into logs, so nobody else may choose it. */
export function requestId(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader(requestIdHeader, `req_${v7()}`);
  next();
}

export function requestIdOf(response: Response): string {
  return String(response.getHeader(requestIdHeader));
}
