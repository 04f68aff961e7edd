/** Cursor lists: `{ data, has_more, next }`. The cursor is the last item's id; callers treat it as opaque. */
import { z } from 'zod';
import type { Page, Paged } from './ports.ts';

const limitDefault = 20;
const limitMax = 100;
const limitError = `must be an integer from 1 to ${limitMax}`;

/** Parameters of a query, which arrive as texts. */
export function pageQuery<A extends z.ZodString>(
  after: A,
): {
  readonly limit: z.ZodOptional<z.ZodString>;
  readonly after: z.ZodOptional<A>;
} {
  return {
    limit: z
      .string()
      .regex(/^([1-9]|[1-9]\d|100)$/, limitError)
      .optional()
      .meta({ description: `1 to ${limitMax}, default ${limitDefault}`, example: '20' }),
    after: after.optional().meta({ description: 'The `next` of the page before' }),
  };
}

interface PageQuery {
  readonly limit?: string | undefined;
  readonly after?: string | undefined;
}

export function pageOf({ limit, after }: PageQuery): Page {
  return { limit: limit === undefined ? limitDefault : Number(limit), after };
}

export interface List<T> {
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly next: string | null;
}

export function presentList<T, U>(
  { items, hasMore }: Paged<T>,
  cursorOf: (item: T) => string,
  present: (item: T) => U,
): List<U> {
  const last = items.at(-1);
  return {
    data: items.map(present),
    has_more: hasMore,
    next: hasMore && last !== undefined ? cursorOf(last) : null,
  };
}

export function listSchema<S extends z.ZodType>(
  item: S,
): z.ZodObject<{ data: z.ZodArray<S>; has_more: z.ZodBoolean; next: z.ZodNullable<z.ZodString> }> {
  return z.strictObject({
    data: z.array(item),
    has_more: z.boolean(),
    next: z.string().nullable(),
  });
}
