/** The one place where an error becomes an answer. */
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { HttpError } from './http-errors.ts';
import { problem, sendProblem } from './problem.ts';
import { requestIdOf } from './request-id.ts';

export interface ErrorHandling {
  readonly log: Logger;
  /** Whether an error says that nothing was accepted because a part is away: then 503, not 500. */
  readonly isUnavailable: (error: unknown) => boolean;
}

const retryAfterSeconds = '1';

export function errorHandler({ log, isUnavailable }: ErrorHandling): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: unknown, _request, response, _next) => {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (error instanceof HttpError) return answer(response, error);
    const requestId = requestIdOf(response);
    if (isUnavailable(error)) {
      log.warn({ err: error, requestId }, 'not available');
      return answer(
        response,
        new HttpError('unavailable', 'Not known to be accepted: repeat with the same key.', {
          headers: { 'Retry-After': retryAfterSeconds },
        }),
      );
    }
    if (isClientFault(error)) {
      return answer(response, new HttpError('malformed_request', 'The request is malformed.'));
    }
    log.error({ err: error, requestId }, 'request failed');
    answer(
      response,
      new HttpError('internal_error', 'The request failed; its id is in the log.'),
    );
  };
}

/** Express and its parsers mark what the caller got wrong, such as a bad percent-encoding, by status. */
function isClientFault(error: unknown): boolean {
  if (!(error instanceof Error) || !('status' in error)) return false;
  return typeof error.status === 'number' && error.status >= 400 && error.status < 500;
}

function answer(response: Response, { code, message, errors, headers }: HttpError): void {
  response.set(headers);
  sendProblem(response, problem(code, message, requestIdOf(response), errors));
}

export const notFound: RequestHandler = () => {
  throw new HttpError('not_found', 'There is nothing at this address.');
};
