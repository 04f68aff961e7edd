/** What the workers register. */
export { paymentWorkflow } from './payment/workflow.ts';
export { closePeriodsWorkflow } from './background/close-periods.ts';
export { detectWorkflow } from './background/detect.ts';
export { reconcileWorkflow } from './background/reconcile.ts';
export { makeAvailableWorkflow, runPayoutsWorkflow } from './background/payouts.ts';
