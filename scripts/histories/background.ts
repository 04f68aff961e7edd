/** Runs that schedules start, each as it may come: what its activities answer, and what becomes of it. */
import { ApplicationFailure } from '@temporalio/common';
import type { BackgroundActivities, Closing } from '../../activities/background.ts';
import type { ScheduleRow } from '../../workflows/schedules.ts';

export interface BackgroundScenario extends Pick<ScheduleRow, 'workflow' | 'args'> {
  /** For one recording. */
  readonly activities: () => Partial<BackgroundActivities>;
}

const none: Closing = { closed: [], held: null, more: false };
type Started = Omit<BackgroundScenario, 'activities'>;
const workflow = 'closePeriodsWorkflow';
const days: Started = { workflow, args: [{ kind: 'day', afterDays: 0 }] };
const months: Started = { workflow, args: [{ kind: 'month', afterDays: 4 }] };

/** One answer after the other; an error is thrown. */
function closing(...answers: readonly (Closing | Error)[]): () => Partial<BackgroundActivities> {
  return () => {
    const left = [...answers];
    return {
      closePeriods: async () => {
        const answer = left.shift() ?? none;
        if (answer instanceof Error) throw answer;
        return answer;
      },
    };
  };
}

function reconciling(): Partial<BackgroundActivities> {
  return {
    fetchReports: async () => ({ received: 2 }),
    importFiles: async () => ({ imported: 1, refused: 1 }),
    matchFiles: async () => ({ matched: 20, opened: 1, ended: 0 }),
    postFiles: async () => ({ entries: 4 }),
    settleFiles: async () => ({ settled: 19 }),
    matchStatements: async () => ({ matched: 3, opened: 0 }),
  };
}

export const backgroundScenarios: Readonly<Record<string, BackgroundScenario>> = {
  'close-nothing': { ...days, activities: closing(none) },
  'close-days-missed': {
    ...days,
    activities: closing(
      { closed: ['2026-10-01', '2026-10-02'], held: null, more: true },
      { closed: ['2026-10-03'], held: null, more: false },
    ),
  },
  'close-not-settled': {
    ...days,
    activities: closing(
      { closed: ['2026-10-01'], held: 'not_settled', more: false },
      { closed: ['2026-10-02'], held: null, more: false },
    ),
  },
  'close-month-held': {
    ...months,
    activities: closing({ closed: [], held: 'open_alarms', more: false }),
  },
  'close-retried': {
    ...days,
    activities: closing(new Error('the database is restarting'), {
      ...{ closed: ['2026-10-01'], held: null, more: false },
    }),
  },
  detect: {
    ...{ workflow: 'detectWorkflow', args: [] },
    activities: () => ({ detect: async () => ({ opened: 1, closed: 0, open: { unknown: 1 } }) }),
  },
  'make-available': {
    ...{ workflow: 'makeAvailableWorkflow', args: [] },
    activities: () => ({
      makeAvailable: async () => ({ batches: 2 }),
      releaseReserves: async () => ({ released: 1 }),
    }),
  },
  'run-payouts': {
    ...{ workflow: 'runPayoutsWorkflow', args: [] },
    activities: () => ({ runPayouts: async () => ({ asked: 1 }) }),
  },
  'reconcile-files': {
    ...{ workflow: 'reconcileWorkflow', args: [{ provider: 'alder', kind: 'settlement' }] },
    activities: reconciling,
  },
  'reconcile-unfetched': {
    ...{ workflow: 'reconcileWorkflow', args: [{ provider: 'adyen', kind: 'settlement' }] },
    activities: () => ({
      ...reconciling(),
      fetchReports: async () => {
        throw ApplicationFailure.nonRetryable('adyen: HTTP 401');
      },
    }),
  },
  'reconcile-statements': {
    ...{
      workflow: 'reconcileWorkflow',
      args: [{ provider: 'bank_account', kind: 'bank_statement' }],
    },
    activities: reconciling,
  },
};
