import { errorBody } from '../http/reply.ts';
import type { Json } from '../http/reply.ts';
import type { FaultedOperation } from '../faults.ts';

/** What an event tells of. */
export interface EventSubject {
  readonly operation: Exclude<FaultedOperation, 'lookup' | 'void_by_reference' | 'payout'>;
  readonly succeeded: boolean;
  readonly provider: string;
  readonly reference: string;
  readonly providerReference: string;
  /** Where the provider names its events otherwise than by operation and outcome. */
  readonly type?: string;
}

/** What became of one request, before faults distort how it is told. */
export interface Result {
  readonly status: number;
  readonly body: Json;
  /** Remembered under its key even where errors are not: a second booking is under way. */
  readonly kept?: boolean;
  readonly event?: EventSubject;
}

/** The two ways an answer may turn out wrong later. */
export type Lateness = 'late_success' | 'late_failure' | null;

/** How long after the answer it does. */
export const lateAfterMs = 5_000;

export function declinedBody(code: string, rest: Json): Json {
  return errorBody('decline', code, `declined: ${code}`, rest);
}

export function serverError(): Result {
  return {
    status: 500,
    body: errorBody('server_error', 'internal_error', 'something went wrong here'),
  };
}

export function conflict(code: string, message: string): Result {
  return { status: 409, body: errorBody('conflict', code, message) };
}
