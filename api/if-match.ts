/** Optimistic concurrency over HTTP: a change names the version it was decided on. */
import { HttpError } from './http-errors.ts';

/**
 * RFC 9110, 13.1.1: a list of strong tags, or any version there is; the write itself compares once more.
 * The version before `newest` passes: perhaps a repeat of what wrote the newest.
 */
export function expectedVersion(ifMatch: string | undefined, newest: number): number {
  if (ifMatch === undefined) {
    throw new HttpError('precondition_required', 'Send If-Match with the ETag that was read.', {
      errors: [{ pointer: '/headers/If-Match', detail: 'is required' }],
    });
  }
  const named = ifMatch.split(',').map((tag) => /^"([1-9]\d{0,8})"$/.exec(tag.trim())?.[1]);
  const versions = named.filter((tag) => tag !== undefined).map(Number);
  if (ifMatch.trim() === '*' || versions.includes(newest)) return newest;
  if (versions.includes(newest - 1)) return newest - 1;
  throw changedMeanwhile();
}

export function changedMeanwhile(): HttpError {
  return new HttpError('precondition_failed', 'It is not at this version any more.', {
    errors: [{ pointer: '/headers/If-Match', detail: 'is not the newest version' }],
  });
}
