/** Every side effect a payment has. Each is safe to run twice: permits and records are compare-and-set. */
import { nextStep, type Step } from '../domain/next-step.ts';
import type { Decision } from '../domain/screen.ts';
import { applyTimers } from '../domain/timers.ts';
import { authorize } from './authorize.ts';
import { record } from './attempt-record.ts';
import { resolve } from './attempt-resolve.ts';
import { submit } from './attempt-submit.ts';
import { commit, load } from './commit.ts';
import type { ActivityDeps } from './deps.ts';
import { answerDispute } from './dispute-answer.ts';
import { recordDisputes } from './dispute-record.ts';
import { execute } from './operation-execute.ts';
import { resolveOperationOnce } from './operation-resolve.ts';
import { decide } from './routing.ts';
import { fromWire, toWire, type SubmittedOnWire } from './wire.ts';

export interface OfPayment {
  readonly paymentId: string;
}

/** All answer with what the payment needs next, decided on the state that was just committed or read. */
export interface Activities {
  authorize(input: OfPayment): Promise<Step>;
  paymentLoad(input: OfPayment): Promise<Step>;
  paymentScreen(input: OfPayment): Promise<Decision>;
  attemptSubmit(input: OfPayment & { readonly decision: Decision }): Promise<SubmittedOnWire>;
  attemptRecord(input: OfPayment & { readonly submitted: SubmittedOnWire }): Promise<Step>;
  attemptResolve(input: OfPayment & { readonly attemptId: string }): Promise<Step>;
  operationExecute(input: OfPayment & { readonly operationId: string }): Promise<Step>;
  operationResolve(input: OfPayment & { readonly operationId: string }): Promise<Step>;
  paymentApplyTimers(input: OfPayment): Promise<Step>;
  disputeAnswer(input: OfPayment & { readonly answerId: string }): Promise<Step>;
  paymentRecordDisputes(input: OfPayment): Promise<Step>;
}

export function createActivities(deps: ActivityDeps): Activities {
  return {
    authorize: ({ paymentId }) => authorize(deps, paymentId),
    paymentLoad: async ({ paymentId }) => nextStep(await load(deps, paymentId)),
    paymentScreen: async ({ paymentId }) => decide(deps, await load(deps, paymentId)),
    attemptSubmit: async ({ paymentId, decision }) => {
      const { submitted } = await submit(deps, await load(deps, paymentId), decision);
      return toWire(submitted);
    },
    attemptRecord: async ({ paymentId, submitted }) => {
      const payment = await load(deps, paymentId);
      if (submitted.kind === 'nothing_sent') return nextStep(payment);
      return nextStep(
        await record(deps, payment, submitted.attemptId, fromWire(submitted.outcome)),
      );
    },
    attemptResolve: async ({ paymentId, attemptId }) =>
      nextStep(await resolve(deps, paymentId, attemptId)),
    operationExecute: async ({ paymentId, operationId }) =>
      nextStep(await execute(deps, paymentId, operationId)),
    operationResolve: async ({ paymentId, operationId }) =>
      nextStep(await resolveOperationOnce(deps, paymentId, operationId)),
    paymentRecordDisputes: async ({ paymentId }) => nextStep(await recordDisputes(deps, paymentId)),
    disputeAnswer: async ({ paymentId, answerId }) =>
      nextStep(await answerDispute(deps, paymentId, answerId)),
    paymentApplyTimers: async ({ paymentId }) => {
      const newOperationId = deps.newId('op');
      const payment = await load(deps, paymentId);
      const decided = await commit(deps, payment, (p) => applyTimers(p, newOperationId));
      return nextStep(decided.payment);
    },
  };
}
