/** RFC 9457 problem bodies. */
import type { Response } from 'express';
import { containsCardNumber } from './card-data.ts';
import { httpErrors, type ErrorCode, type FieldError } from './http-errors.ts';

const contentType = 'application/problem+json';
const errorsMax = 20;
const pointerLengthMax = 200;

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly request_id: string;
  readonly errors?: readonly FieldError[];
}

export function problem(
  code: ErrorCode,
  detail: string,
  requestId: string,
  errors: readonly FieldError[] = [],
): Problem {
  const { status, title } = httpErrors[code];
  return {
    type: `urn:tender:problem:${code}`,
    title,
    status,
    detail,
    code,
    request_id: requestId,
    ...(errors.length > 0 && { errors: errors.slice(0, errorsMax).map(presentable) }),
  };
}

/** A pointer is made of the caller's own field names: bounded, and never a way to echo a card number. */
function presentable({ pointer, detail }: FieldError): FieldError {
  const shown = containsCardNumber(pointer) ? '' : pointer.slice(0, pointerLengthMax);
  return { pointer: shown, detail };
}

export function sendProblem(response: Response, body: Problem): void {
  response.status(body.status).type(contentType).send(JSON.stringify(body));
}
