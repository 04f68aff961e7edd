/** One run at a time decides for a payment; the id is reused for every run of it, years later too. */
export function paymentWorkflowId(paymentId: string): string {
  return `payment/${paymentId}`;
}

export const paymentTaskQueue = 'payments';

/** Of what schedules start. */
export const backgroundTaskQueue = 'background';
/** Begins the id of every schedule of ours. Those that begin so and are no row of the table are removed. */
export const schedulePrefix = 'tender/';
