import type { NextFunction, Request, Response } from 'express';
import { HttpError } from './http-errors.ts';

export const apiVersion = '2026-11-22';
const header = 'Tender-Version';

/** Every answer says its version; a caller that asks for another one is told so, not guessed at. */
export function version(request: Request, response: Response, next: NextFunction): void {
  response.setHeader(header, apiVersion);
  const wanted = request.get(header);
  if (wanted !== undefined && wanted !== apiVersion) {
    throw new HttpError('unsupported_version', `This service speaks version ${apiVersion} only.`, {
      errors: [{ pointer: `/headers/${header}`, detail: `must be ${apiVersion} or absent` }],
    });
  }
  next();
}
