/**
 * Everything Tender does by the calendar, one row each; `workers/schedule-keeper.ts` makes Temporal Schedules
 * of them. To add one: write its workflow, export it from `index.ts`, add a row.
 *
 * Temporal knows when, not how much: sandbox mode moves Tender's clock and not Temporal's, and an outage may
 * take any number of turns. So a run is given no time and does all that is due by the database's clock.
 */
import type * as workflows from './index.ts';

type Workflows = typeof workflows;

interface Row<Name extends keyof Workflows> {
  /** For people and for ever: a schedule under another id is another one. */
  readonly id: string;
  /** What it is for, in the list of schedules. */
  readonly does: string;
  /** Minute, hour, day of the month, month, day of the week, in UTC. */
  readonly cron: string;
  /** When the one before still runs. */
  readonly overlap: 'SKIP' | 'BUFFER_ONE';
  /** A turn that Temporal missed is taken late by at most this. */
  readonly catchupWindow: '10 minutes' | '1 hour' | '1 day';
  /** Sandbox mode's moved clock does not trigger it: what it looks at needs real time to catch up first. */
  readonly onlyInRealTime?: true;
  readonly workflow: Name;
  readonly args: Parameters<Workflows[Name]>;
}

export type ScheduleRow = { [Name in keyof Workflows]: Row<Name> }[keyof Workflows];

/** Days are over at midnight UTC and their files come within the hour, those of the bank after them. */
function reconcile(
  provider: string,
  cron: string,
  kind: 'settlement' | 'bank_statement' = 'settlement',
): ScheduleRow {
  return {
    id: `reconcile-${provider}`,
    does: `takes in the files of ${provider} and holds them against the books`,
    ...{ cron, overlap: 'SKIP', catchupWindow: '1 day' },
    ...{ workflow: 'reconcileWorkflow', args: [{ provider, kind }] },
  };
}

export const schedules: readonly ScheduleRow[] = [
  reconcile('alder', '20 1 * * *'),
  reconcile('birch', '25 1 * * *'),
  reconcile('cedar', '30 1 * * *'),
  reconcile('bank', '35 1 * * *'),
  reconcile('stripe', '40 1 * * *'),
  reconcile('adyen', '45 1 * * *'),
  reconcile('bank_account', '20 2 * * *', 'bank_statement'),
  {
    id: 'make-available',
    does: 'makes available what facilitated merchants have earned, and lets go of reserves',
    cron: '5 * * * *',
    overlap: 'SKIP',
    // The next turn does all that was due.
    catchupWindow: '10 minutes',
    workflow: 'makeAvailableWorkflow',
    args: [],
  },
  {
    id: 'run-payouts',
    does: 'pays merchants out, and asks after what is under way',
    cron: '* * * * *',
    overlap: 'SKIP',
    catchupWindow: '10 minutes',
    workflow: 'runPayoutsWorkflow',
    args: [],
  },
  {
    id: 'detect',
    does: 'looks for what has stood still for longer than it should',
    cron: '*/15 * * * *',
    overlap: 'SKIP',
    // The next turn sees the same.
    catchupWindow: '10 minutes',
    onlyInRealTime: true,
    workflow: 'detectWorkflow',
    args: [],
  },
  {
    id: 'close-days',
    does: 'closes every day of the books that is over, softly',
    cron: '10 0 * * *',
    overlap: 'SKIP',
    catchupWindow: '1 day',
    workflow: 'closePeriodsWorkflow',
    args: [{ kind: 'day', afterDays: 0 }],
  },
  {
    id: 'close-months',
    does: 'closes a month of the books hard, four days after its end',
    // Every day: what an alarm held up is closed the day after it is settled, not a month later.
    cron: '40 0 * * *',
    overlap: 'SKIP',
    catchupWindow: '1 day',
    workflow: 'closePeriodsWorkflow',
    // By then the files of its last days have come, and their fees and payouts are dated into it.
    args: [{ kind: 'month', afterDays: 4 }],
  },
];
