/** What schedules do. Each does all that is due by the database's clock, and may be run twice at once. */
import type { Db } from '../db/client.ts';
import type { ProviderContract } from '../domain/provider-contract.ts';
import { closeDue, type Closing } from './close-periods.ts';
import type { Log } from './deps.ts';
import { detect, type Detected } from './detect.ts';

export type { Closing } from './close-periods.ts';
export type { Detected } from './detect.ts';

export interface BackgroundDeps {
  readonly db: Db;
  /** Of every provider there is an adapter for. */
  readonly contracts: readonly ProviderContract[];
  readonly log: Log;
  /** The process is to end: what is long stops between two steps. */
  readonly signal: AbortSignal;
}

export interface BackgroundActivities {
  closePeriods(rule: {
    readonly kind: 'day' | 'month';
    readonly afterDays: number;
  }): Promise<Closing>;
  detect(): Promise<Detected>;
}

export function createBackgroundActivities(deps: BackgroundDeps): BackgroundActivities {
  return {
    closePeriods: (rule) => closeDue(deps, rule),
    detect: () => detect(deps),
  };
}
