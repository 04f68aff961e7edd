/** What the worker registers. */
export { paymentWorkflow } from './payment/workflow.ts';
