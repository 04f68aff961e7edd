/** One HTTP answer, or none: a dropped connection is something a provider does as well. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Answer = Reply | 'drop';

export type Json = Readonly<Record<string, unknown>>;

export type ErrorType =
  | 'decline'
  | 'invalid_request'
  | 'conflict'
  | 'not_found'
  | 'rate_limited'
  | 'unavailable'
  | 'server_error';

export function jsonReply(status: number, body: Json, headers?: Reply['headers']): Reply {
  return { status, body: JSON.stringify(body), ...(headers === undefined ? {} : { headers }) };
}

export function errorBody(type: ErrorType, code: string, message: string, rest: Json = {}): Json {
  return { ...rest, error: { type, code, message } };
}

export function errorReply(status: number, type: ErrorType, code: string, message: string): Reply {
  return jsonReply(status, errorBody(type, code, message));
}

export function invalidRequest(message: string, code = 'invalid_request'): Reply {
  return errorReply(400, 'invalid_request', code, message);
}
