import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import { invalidRequest } from './reply.ts';
import type { Reply } from './reply.ts';

export interface Request {
  readonly method: string;
  readonly path: string;
  /** The path's parts, decoded. */
  readonly segments: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Read<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reply: Reply };

/** Null: the address itself is malformed. */
export function readAddress(url: string): Pick<Request, 'path' | 'segments' | 'query'> | null {
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  try {
    const segments = path.slice(1).split('/').map(decodeURIComponent);
    return { path, segments, query: new URLSearchParams(mark === -1 ? '' : url.slice(mark)) };
  } catch {
    return null;
  }
}

export function readBody<T>(schema: z.ZodType<T>, request: Request): Read<T> {
  let json: unknown;
  try {
    json = JSON.parse(request.body);
  } catch {
    return { ok: false, reply: invalidRequest('the body is not JSON') };
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ok: true, value: parsed.data };
  // Only the place and the rule: the value could be a card number.
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  return { ok: false, reply: invalidRequest(wrong.join('; ')) };
}
