import type { Paged } from '../ports.ts';

/** Of `limit + 1` rows asked for: the extra one only tells that there are more. */
export function paged<T>(rows: readonly T[], limit: number): Paged<T> {
  return { items: rows.slice(0, limit), hasMore: rows.length > limit };
}
