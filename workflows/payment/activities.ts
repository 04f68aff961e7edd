/** The activities a payment uses, with the patience each deserves. None may ever fail the run. */
import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.ts';

const forever = {
  initialInterval: '200ms',
  backoffCoefficient: 2,
  maximumInterval: '10s',
} as const;

/** In the first workflow task: no server round trip between screening and the recorded outcome. */
export const inTask = proxyLocalActivities<Pick<Activities, 'authorize' | 'paymentLoad'>>({
  startToCloseTimeout: '60s',
  localRetryThreshold: '5s',
  retry: forever,
});

/** What is not final goes on in the open: one visible, retried activity per step. */
export const steps = proxyActivities<
  Pick<
    Activities,
    | 'paymentScreen'
    | 'attemptSubmit'
    | 'attemptRecord'
    | 'attemptResolve'
    | 'operationExecute'
    | 'operationResolve'
    | 'paymentApplyTimers'
    | 'paymentRecordDisputes'
    | 'disputeAnswer'
  >
>({
  // Above the longest HTTP deadline of a provider contract (15 s) and the commits around it.
  startToCloseTimeout: '60s',
  // A killed worker's activity is retried after this, not after a minute: the run waits for it.
  heartbeatTimeout: '3s',
  retry: forever,
});
