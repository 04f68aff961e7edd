/**
 * The story of a payment. PostgreSQL is the truth and every decision is a pure function of it, so this
 * run holds nothing of its own: it may end whenever the payment is at rest, be killed at any line, and
 * be started again at any time.
 */
import { condition, setHandler } from '@temporalio/workflow';
import type { Step } from '../../domain/next-step.ts';
import { inTask, steps } from './activities.ts';
import { nudge } from './messages.ts';

export async function paymentWorkflow(paymentId: string): Promise<void> {
  // A handler that only sets a flag is finished as soon as it is called: a run may always return.
  const inbox = { nudged: false };
  setHandler(nudge, () => {
    inbox.nudged = true;
  });
  const loadAgain = (): Promise<Step> => {
    // Cleared before the load: whatever was committed before a later nudge is seen by a later load.
    inbox.nudged = false;
    return inTask.paymentLoad({ paymentId });
  };

  // The happy path: screened, submitted and recorded in the first workflow task.
  let next = await inTask.authorize({ paymentId });

  for (;;) {
    switch (next.kind) {
      // The next provider takes it: the last one certainly did not, or its void is confirmed.
      case 'authorize': {
        const decision = await steps.paymentScreen({ paymentId });
        const submitted = await steps.attemptSubmit({ paymentId, decision });
        next = await steps.attemptRecord({ paymentId, submitted });
        break;
      }

      // Nobody knows whether the money moved: look it up, never guess.
      case 'resolve_attempt':
        next = await steps.attemptResolve({ paymentId, attemptId: next.attemptId });
        break;

      // A capture, void or refund that is a committed row, its amount already reserved.
      case 'submit_operation':
        next = await steps.operationExecute({ paymentId, operationId: next.operationId });
        break;

      case 'resolve_operation':
        next = await steps.operationResolve({ paymentId, operationId: next.operationId });
        break;

      // An authorization, a page or the time for another try has run out.
      case 'apply_timers':
        next = await steps.paymentApplyTimers({ paymentId });
        break;

      // Money was taken back through the scheme, or came back: a fact, recorded as told.
      case 'record_disputes':
        next = await steps.paymentRecordDisputes({ paymentId });
        break;

      // What the merchant has to say to that: a committed row, sent once.
      case 'answer_dispute':
        next = await steps.disputeAnswer({ paymentId, answerId: next.answerId });
        break;

      case 'wait':
        await condition(() => inbox.nudged, next.ms);
        next = await loadAgain();
        break;

      // At rest: `wake_at` starts the next run, if there is ever to be one.
      case 'rest':
        if (!inbox.nudged) return;
        next = await loadAgain();
        break;
    }
  }
}
