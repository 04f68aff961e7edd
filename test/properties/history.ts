/**
 * One payment lived through by the real activities: commands, clock, shopper, webhooks, lost and held
 * replies as a history says, then an end in which every provider tells the truth. `drive` does what `workflows/payment/workflow.ts` does, without Temporal.
 */
import { setImmediate } from 'node:timers/promises';
import { createActivities, type Activities } from '../../activities/index.ts';
import { commitChange } from '../../db/changes.ts';
import { paymentState } from '../../db/snapshot.ts';
import {
  requestAttempt,
  requestCancel,
  requestCapture,
  requestRefund,
  type Judgement,
} from '../../domain/commands.ts';
import type { Step } from '../../domain/next-step.ts';
import type { PaymentState } from '../../domain/payment-state.ts';
import type { ProviderContract } from '../../domain/provider.ts';
import type { Action, History } from './histories.ts';
import type { MemoryDatabase } from './memory-database.ts';
import { createProviderModel, type ProviderModel } from './provider-model.ts';
import type { World } from './provider-world.ts';

export interface Lived {
  readonly database: MemoryDatabase;
  readonly providers: readonly ProviderModel[];
  /** Ids whose answers were promised: the payment and every accepted command. */
  readonly awaited: readonly string[];
  /** Where the payment came to rest; or what it was still doing when patience ended. */
  readonly end: Step;
  readonly payment: PaymentState;
  /** Moments at which the payment had nothing to do and yet was past its `wake_at`. */
  readonly idleAndOverdue: readonly string[];
  /** Attempts that held the shopper's money side by side. */
  readonly heldTwice: readonly string[];
}

const seconds = 1_000;
/** More steps than any payment needs without the clock moving: who takes them goes in circles. */
const stepsAtOneInstantMax = 40;
const roundsToRestMax = 400;

export async function live(
  history: History,
  database: MemoryDatabase,
  contracts: readonly ProviderContract[],
): Promise<Lived> {
  const calls = [...history.calls];
  const lookups = [...history.lookups];
  const scheduled: { at: number; run: () => void }[] = [];
  const held: (() => void)[] = [];
  const failures: unknown[] = [];
  const idleAndOverdue: string[] = [];
  const heldTwice: string[] = [];

  const world: World = {
    now: () => database.now(),
    at: (at, run) => void scheduled.push({ at, run }),
    nextCall: () => calls.shift() ?? { wire: 'ok', verdict: 'yes' },
    nextLookup: () => lookups.shift() ?? 'ok',
    hold: () =>
      new Promise((resolve) => {
        held.push(resolve);
      }),
    booked: () => {
      const holding = providers.flatMap((model) => model.holding());
      if (holding.length > 1) heldTwice.push(holding.join(' and '));
    },
  };
  const advanceTo = (instant: number): void => {
    scheduled.sort((a, b) => a.at - b.at);
    while (scheduled[0] !== undefined && scheduled[0].at <= instant) {
      const { at, run } = scheduled.shift() as { at: number; run: () => void };
      database.advanceTo(at);
      run();
    }
    database.advanceTo(instant);
  };

  const first = history.firstProvider;
  const ordered = [...contracts.slice(first), ...contracts.slice(0, first)];
  const providers = ordered.map((contract) => createProviderModel(contract, world));
  const contractOf = (name: string): ProviderContract => {
    const found = ordered.find((contract) => contract.name === name);
    if (found === undefined) throw new Error(`no provider ${name}`);
    return found;
  };
  let ids = 0;
  const newId = (prefix: string): string => `${prefix}_${String((ids += 1))}`;
  const activities = createActivities({
    db: database.db,
    providers: new Map(providers.map((model) => [model.provider.contract.name, model.provider])),
    newId,
    newReturnToken: () => newId('return'),
    returnUrl: 'https://tender.example/return',
    onCommitted: () => undefined,
    takeFresh: () => undefined,
    log: { info: () => undefined, warn: () => undefined },
  });
  const paymentId = database.snapshot().payment.id;
  const state = (): PaymentState => paymentState(database.snapshot());

  /** Until the work is done or hangs: a hanging process is left alone and its work goes to another. */
  const untilIdle = async (works: readonly Promise<unknown>[]): Promise<void> => {
    for (const work of works) work.catch((error: unknown) => void failures.push(error));
    // Everything here runs in microtasks, so that what is not done by now waits for the test.
    await setImmediate();
    if (failures.length > 0) throw failures[0];
  };
  const drive = async (executors: number): Promise<Step> => {
    for (let steps = 0; ; steps += 1) {
      const step = await activities.paymentLoad({ paymentId });
      if (step.kind === 'rest' || step.kind === 'wait') {
        const { wake_at, status } = database.snapshot().payment;
        if (wake_at !== null && Date.parse(wake_at) <= database.now()) {
          idleAndOverdue.push(`${status}: ${database.commits.at(-1)?.timeline[0]?.kind ?? ''}`);
        }
        return step;
      }
      if (steps >= stepsAtOneInstantMax) {
        throw new Error(`goes in circles: ${JSON.stringify(step)}, payment ${state().status}`);
      }
      await untilIdle(
        Array.from({ length: executors }, () => perform(activities, paymentId, step)),
      );
    }
  };
  const wakeHeld = async (which: number): Promise<void> => {
    const [wake] = held.splice(which % Math.max(held.length, 1), 1);
    wake?.();
    await untilIdle([]);
  };

  const awaited = [paymentId];
  const ask = async (judge: (payment: PaymentState, id: string) => Judgement): Promise<void> => {
    const payment = state();
    const id = newId('op');
    const judgement = judge(payment, id);
    if (judgement.kind === 'refused') return;
    await commitChange(database.db, payment, judgement.change);
    if (judgement.change.operations?.insert?.length === 1) awaited.push(id);
  };
  const act = async (action: Action): Promise<void> => {
    const asking = (operationId: string) => ({ operationId, actor: 'api_key:key_1' });
    switch (action.kind) {
      case 'drive':
        await drive(1);
        return;
      case 'drive_twice':
        await drive(2);
        return;
      case 'advance':
        advanceTo(database.now() + action.ms);
        await drive(1);
        return;
      case 'overtaken':
        // Somebody else takes over what hangs; then what hung goes on.
        advanceTo(database.now() + 7 * seconds);
        await drive(1);
        await wakeHeld(0);
        await drive(1);
        return;
      case 'to_next_due': {
        const { wake_at } = database.snapshot().payment;
        if (wake_at !== null) advanceTo(Date.parse(wake_at));
        await drive(1);
        return;
      }
      case 'capture':
        return ask((payment, id) => {
          const amount = (payment.amount * BigInt(action.percent)) / 100n;
          return requestCapture(
            payment,
            { ...asking(id), amount, final: action.final },
            contractOf,
          );
        });
      case 'refund':
        return ask((payment, id) => {
          const amount = (payment.amount * BigInt(action.percent)) / 100n;
          return requestRefund(payment, { ...asking(id), amount, reason: 'returned' });
        });
      case 'cancel':
        return ask((payment, id) => requestCancel(payment, asking(id)));
      case 'retry':
        return ask((payment) =>
          requestAttempt(payment, {
            actor: 'api_key:key_1',
            method: { type: 'card', token: 'tok_other' },
          }),
        );
      case 'shopper':
        for (const model of providers) {
          for (const reference of model.pages()) model.finishPage(reference, action.end);
        }
        return;
      case 'webhook':
        tellAll();
        return;
      case 'wake_held':
        return wakeHeld(action.which);
    }
  };

  const tellAll = (): void => {
    for (const model of providers) {
      for (const reference of model.references()) database.receiveWebhook(reference);
    }
  };
  for (const action of history.actions) await act(action);

  // The end: everybody tells the truth, and time passes until nothing is left to do.
  calls.length = 0;
  lookups.length = 0;
  if (history.heldWakeAtEnd) while (held.length > 0) await wakeHeld(0);
  const toRest = async (): Promise<Step> => {
    let end = await drive(1);
    for (let round = 0; round < roundsToRestMax; round += 1) {
      const { wake_at } = database.snapshot().payment;
      if (end.kind === 'wait') advanceTo(database.now() + end.ms);
      else if (wake_at === null) break;
      // A sweeper that finds it overdue again and again comes every half minute.
      else advanceTo(Math.max(Date.parse(wake_at), database.now() + 30 * seconds));
      end = await drive(1);
    }
    return end;
  };
  await toRest();
  tellAll();
  const end = await toRest();
  return { database, providers, awaited, end, payment: state(), idleAndOverdue, heldTwice };
}

async function perform(activities: Activities, paymentId: string, step: Step): Promise<unknown> {
  switch (step.kind) {
    case 'authorize': {
      const decision = await activities.paymentScreen({ paymentId });
      const submitted = await activities.attemptSubmit({ paymentId, decision });
      return activities.attemptRecord({ paymentId, submitted });
    }
    case 'resolve_attempt':
      return activities.attemptResolve({ paymentId, attemptId: step.attemptId });
    case 'submit_operation':
      return activities.operationExecute({ paymentId, operationId: step.operationId });
    case 'resolve_operation':
      return activities.operationResolve({ paymentId, operationId: step.operationId });
    case 'apply_timers':
      return activities.paymentApplyTimers({ paymentId });
    case 'record_disputes':
      return activities.paymentRecordDisputes({ paymentId });
    case 'answer_dispute':
      return activities.disputeAnswer({ paymentId, answerId: step.answerId });
    case 'wait':
    case 'rest':
      return undefined;
  }
}
