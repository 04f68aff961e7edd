/** What schedules do. Each does all that is due by the database's clock, and may be run twice at once. */
import type { Db } from '../db/client.ts';
import { closeDue, type Closing } from './close-periods.ts';

export type { Closing } from './close-periods.ts';

export interface BackgroundDeps {
  readonly db: Db;
  /** The process is to end: what is long stops between two steps. */
  readonly signal: AbortSignal;
}

export interface BackgroundActivities {
  closePeriods(rule: {
    readonly kind: 'day' | 'month';
    readonly afterDays: number;
  }): Promise<Closing>;
}

export function createBackgroundActivities(deps: BackgroundDeps): BackgroundActivities {
  return {
    closePeriods: (rule) => closeDue(deps, rule),
  };
}
