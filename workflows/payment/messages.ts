import { defineSignal } from '@temporalio/workflow';

/**
 * "Look at the database again." Carries nothing: what is to be done is a committed row, so a signal that
 * is lost, repeated or early can do no harm.
 */
export const nudge = defineSignal('nudge');
