import { sleep } from '@temporalio/workflow';
import type { Closing } from '../../activities/background.ts';
import { background } from './activities.ts';

/** So many rounds a run; what is left is the next one's. */
const roundsMax = 100;
/** A transaction that began in the period is over by then, as a rule at once. */
const settles = '5s';
const settlesMax = 12;

export interface ClosedPeriods {
  /** How many this run has closed, its earlier tries not counted. */
  readonly closed: number;
  readonly last: string | null;
  /** Why it stopped before the end: `open_alarms`, `not_settled`, or null. */
  readonly held: Closing['held'];
}

/** Closes every period of the books that is over, however many were missed. */
export async function closePeriodsWorkflow(rule: {
  readonly kind: 'day' | 'month';
  /** Full days after its end, by the database's clock. */
  readonly afterDays: number;
}): Promise<ClosedPeriods> {
  let total: ClosedPeriods = { closed: 0, last: null, held: null };
  let waits = 0;
  for (let round = 0; round < roundsMax; round += 1) {
    const { closed, held, more } = await background.closePeriods(rule);
    total = { closed: total.closed + closed.length, last: closed.at(-1) ?? total.last, held };
    if (held === 'not_settled' && waits < settlesMax) {
      waits += 1;
      await sleep(settles);
    } else if (!more) break;
  }
  return total;
}
