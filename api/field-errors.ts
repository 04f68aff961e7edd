import type { z } from 'zod';
import type { FieldError } from './http-errors.ts';
import { HttpError } from './http-errors.ts';
import { escapePointer } from './json/strict-json.ts';

/** Names every field that is wrong, and why; values are never repeated. */
export function fieldErrors(error: z.ZodError, prefix = ''): readonly FieldError[] {
  return error.issues.flatMap((issue) => {
    const pointer = prefix + pointerOf(issue.path);
    if (issue.code !== 'unrecognized_keys') return [{ pointer, detail: issue.message }];
    return issue.keys.map((name) => ({
      pointer: `${pointer}/${escapePointer(name)}`,
      detail: 'is not a known field',
    }));
  });
}

function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${escapePointer(String(step))}`).join('');
}

export function validate<S extends z.ZodType>(schema: S, value: unknown, prefix = ''): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = fieldErrors(result.error, prefix);
  const first = errors[0];
  const detail =
    first === undefined ? 'The request is invalid.' : `${first.pointer} ${first.detail}.`;
  throw new HttpError('invalid_request', detail, { errors });
}
