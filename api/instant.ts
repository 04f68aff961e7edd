import type { Instant } from './ports.ts';

/** RFC 3339 in UTC with milliseconds, whatever offset and precision the database wrote. */
export function presentInstant(instant: Instant): string {
  return new Date(instant).toISOString();
}
