/** The one place where an error becomes an answer. */
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Logger } from 'pino';
import { HttpError } from './http-errors.ts';
import { problem, sendProblem } from './problem.ts';
import { requestIdOf } from './request-id.ts';

export interface ErrorHandling {
  readonly log: Logger;
  /** Whether an error says that nothing was accepted because a part is away: then 503, not 500. */
  readonly isUnavailable: (error: unknown) => boolean;
}

export function errorHandler({ log, isUnavailable }: ErrorHandling): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (thrown: unknown, _request, response, _next) => {
    // Part of an answer is out already: cutting it off is all that tells the truth.
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const error = toHttpError(thrown, isUnavailable);
    const requestId = requestIdOf(response);
    const logged = { err: error.cause ?? error, requestId };
    if (error.code === 'internal_error') log.error(logged, 'request failed');
    if (error.code === 'unavailable') log.warn(logged, 'not available');
    response.set(error.headers);
    sendProblem(response, problem(error.code, error.message, requestId, error.errors));
  };
}

function toHttpError(cause: unknown, isUnavailable: ErrorHandling['isUnavailable']): HttpError {
  if (cause instanceof HttpError) return cause;
  if (isUnavailable(cause)) {
    const detail = 'Not known to be accepted: repeat with the same key.';
    return new HttpError('unavailable', detail, { cause, headers: { 'Retry-After': '1' } });
  }
  if (isClientFault(cause)) return new HttpError('malformed_request', 'It cannot be read.');
  const detail = 'The request failed; the log has more under its request_id.';
  return new HttpError('internal_error', detail, { cause });
}

/** Express and its parsers mark what the caller got wrong, such as a bad percent-encoding, by status. */
function isClientFault(error: unknown): boolean {
  if (!(error instanceof Error) || !('status' in error)) return false;
  return typeof error.status === 'number' && error.status >= 400 && error.status < 500;
}

export const notFound: RequestHandler = () => {
  throw new HttpError('not_found', 'There is nothing at this address.');
};
