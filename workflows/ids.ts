/** One run at a time decides for a payment; the id is reused for every run of it, years later too. */
export function paymentWorkflowId(paymentId: string): string {
  return `payment/${paymentId}`;
}

export const paymentTaskQueue = 'payments';
