/** The activities of scheduled work. Each does all that is due, so a run that fails leaves it to the next. */
import { proxyActivities } from '@temporalio/workflow';
import type { BackgroundActivities } from '../../activities/background.ts';

export const background = proxyActivities<BackgroundActivities>({
  startToCloseTimeout: '15 minutes',
  // A killed worker's activity is retried after this, not after a quarter of an hour.
  heartbeatTimeout: '5s',
  // Then the run fails, where it can be seen, and the schedule's next one tries again.
  scheduleToCloseTimeout: '1 hour',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1 minute' },
});
