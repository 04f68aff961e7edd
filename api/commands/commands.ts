/**
 * What the HTTP API does with a payment. Each command is one transaction (key and rows), then an
 * accelerator (start or wake its run), then a wait for the frozen answer. From the commit on nothing that
 * fails can lose the request: the answer is then 202 and the work goes on.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Logger } from 'pino';
import type { Db } from '../../db/client.ts';
import { isRefusedBy } from '../../db/errors.ts';
import { readKey, type HeldKey, type KeyClaim } from '../../db/idempotency-keys.ts';
import { acceptPayment, readPayment, type NewPayment } from '../../db/payments.ts';
import type { PaymentSnapshot } from '../../db/snapshot.ts';
import type { Runs } from '../../runtime/runs.ts';
import type { CommitNews } from '../../activities/deps.ts';
import { askOrRefuse, unknownFields, type Asked, type Question } from './ask.ts';
import type { FreshPayments } from './fresh-payments.ts';
import type { Waiter } from './waiter.ts';

export interface CommandDeps {
  readonly db: Db;
  readonly runs: () => Runs | undefined;
  readonly waiter: Waiter;
  readonly fresh: FreshPayments;
  readonly log: Logger;
}

export type CommandResult =
  | {
      readonly kind: 'answer';
      /** 202: accepted and not yet clear, or in doubt. */
      readonly status: 200 | 201 | 202 | 402 | 409;
      readonly resource: HeldKey['resource_kind'];
      /** The operation in `snapshot` that was asked for, when the resource is not the payment. */
      readonly awaitsId: string;
      readonly snapshot: PaymentSnapshot;
      readonly code: string | undefined;
      readonly detail: string | undefined;
      readonly replayed: boolean;
    }
  | {
      readonly kind: 'invalid';
      readonly errors: readonly { readonly pointer: string; readonly detail: string }[];
    }
  | { readonly kind: 'key_reused' }
  | { readonly kind: 'not_found' };

/** Between commit 1 and the answer; more only makes everyone wait longer (docs/performance.md). */
const startsInFlightMax = 12;
/** A payment in doubt or at a slow provider costs no CPU: it gives its place to the next. */
const slotMsMax = 1_500;

export function createCommands(deps: CommandDeps): Commands {
  const limit = pLimit(startsInFlightMax);
  return {
    create: (key, payment, waitMs) => create(deps, limit, key, payment, waitMs),
    ask: (key, paymentId, question, waitMs) => ask(deps, key, paymentId, question, waitMs),
  };
}

export interface Commands {
  create(key: KeyClaim, payment: NewPayment, waitMs: number): Promise<CommandResult>;
  ask(key: KeyClaim, paymentId: string, question: Question, waitMs: number): Promise<CommandResult>;
}

async function create(
  deps: CommandDeps,
  limit: ReturnType<typeof pLimit>,
  key: KeyClaim,
  payment: NewPayment,
  waitMs: number,
): Promise<CommandResult> {
  const beganAt = performance.now();
  const endAt = beganAt + waitMs;
  const accepted = await acceptPayment(deps.db, key, payment);
  if (accepted.outcome === 'key_held') return attach(deps, key, accepted.held, endAt);
  if (accepted.outcome === 'unknown_customer' || accepted.outcome === 'unknown_payment_method') {
    return { kind: 'invalid', errors: [unknownFields[accepted.outcome]] };
  }
  if (accepted.outcome === 'duplicate_reference') {
    return answer('payment', payment.id, 409, accepted.snapshot, false, 'duplicate_reference');
  }
  const asked = { resource: 'payment' as const, awaitsId: payment.id, paymentId: payment.id };
  const queuedAt = performance.now();
  const started = limit(async () => {
    // Queued for as long as its caller waits, or direct delivery is sooner than the sweeper.
    const now = performance.now();
    if (now >= endAt && now >= queuedAt + slotMsMax) return undefined;
    // As old as its clock may be: a slow commit 1 uses up the time to send as a queue does.
    deps.fresh.offer(accepted.snapshot, beganAt);
    // Listens before the run can have answered.
    const clear = waitClear(deps, key, asked, Math.min(endAt, now + slotMsMax), false, true);
    await motion(deps, 'start', payment.id);
    return clear.finally(() => deps.fresh.withdraw(payment.id));
  });
  const clear = await before(endAt, started);
  return clear ?? wait(deps, key, asked, accepted.snapshot, endAt, false);
}

/** What `work` answers by then; undefined otherwise, and the work goes on. */
async function before<T>(endAt: number, work: Promise<T>): Promise<T | undefined> {
  const timeout = new AbortController();
  const over = sleep(Math.max(0, endAt - performance.now()), undefined, { signal: timeout.signal });
  try {
    return await Promise.race([work, over.catch(() => undefined)]);
  } finally {
    timeout.abort();
  }
}

async function ask(
  deps: CommandDeps,
  key: KeyClaim,
  paymentId: string,
  question: Question,
  waitMs: number,
): Promise<CommandResult> {
  const endAt = performance.now() + waitMs;
  const asked = { resource: question.resource, awaitsId: question.awaitsId, paymentId };
  const committed = await askOrRefuse(deps.db, key, asked, question).catch((error: unknown) => {
    if (!isRefusedBy(error, 'payment_method_not_found')) throw error;
    return { kind: 'invalid' as const, errors: [unknownFields.unknown_payment_method] };
  });
  switch (committed.kind) {
    case 'not_found':
    case 'invalid':
      return committed;
    case 'held':
      return attach(deps, key, committed.held, endAt);
    case 'refused': {
      const { code, detail } = committed.judgement;
      return answer(asked.resource, asked.awaitsId, 409, committed.snapshot, false, code, detail);
    }
    case 'accepted':
      if (waitsForPerson(committed.snapshot, asked.awaitsId)) {
        return answer(asked.resource, asked.awaitsId, 202, committed.snapshot, false);
      }
      await motion(deps, 'wake', paymentId);
      return wait(deps, key, asked, committed.snapshot, endAt, false);
  }
}

/** A repeat is the same request: replayed if it is clear, else it waits with the first. */
async function attach(
  deps: CommandDeps,
  key: KeyClaim,
  held: HeldKey,
  endAt: number,
): Promise<CommandResult> {
  if (held.fingerprint !== key.fingerprint) return { kind: 'key_reused' };
  const frozen = frozenAnswer(held, true);
  if (frozen !== undefined) return frozen;
  const asked = {
    resource: held.resource_kind,
    awaitsId: held.awaits_id,
    paymentId: held.payment_id,
  };
  const snapshot = await readPayment(deps.db, key.merchant_id, held.payment_id);
  if (snapshot === null) throw new Error(`payment ${held.payment_id} of a held key is not there`);
  if (waitsForPerson(snapshot, held.awaits_id)) {
    return answer(held.resource_kind, held.awaits_id, 202, snapshot, true);
  }
  return wait(deps, key, asked, snapshot, endAt, true);
}

/** For hours or days: nobody waits on the line for that. */
function waitsForPerson({ operations }: PaymentSnapshot, awaitsId: string): boolean {
  return operations.some(({ id, status }) => id === awaitsId && status === 'requires_approval');
}

function frozenAnswer(held: HeldKey, replayed: boolean): CommandResult | undefined {
  if (held.answer_status === null) return undefined;
  return answer(
    held.resource_kind,
    held.awaits_id,
    held.answer_status,
    held.answer as PaymentSnapshot,
    replayed,
    held.answer_code ?? undefined,
    held.answer_detail ?? undefined,
  );
}

async function wait(
  deps: CommandDeps,
  key: KeyClaim,
  asked: Asked,
  lastKnown: PaymentSnapshot,
  endAt: number,
  replayed: boolean,
): Promise<CommandResult> {
  const clear = await waitClear(deps, key, asked, endAt, replayed);
  if (clear !== undefined) return clear;
  // Accepted is accepted: with the database gone the answer is what was last known, never a 5xx.
  const current = await readPayment(deps.db, key.merchant_id, asked.paymentId).catch(() => null);
  return answer(asked.resource, asked.awaitsId, 202, current ?? lastKnown, replayed);
}

async function waitClear(
  deps: CommandDeps,
  key: KeyClaim,
  asked: Asked,
  endAt: number,
  replayed: boolean,
  fresh = false,
): Promise<CommandResult | undefined> {
  return deps.waiter.until(asked.paymentId, endAt - performance.now(), {
    fresh,
    check: async () => {
      const held = await readKey(deps.db, key);
      if (held === null) return undefined;
      // In doubt, or told later, is said at once; whoever asks again waits for the truth.
      if (held.in_doubt != null && !replayed) {
        const snapshot = held.in_doubt as PaymentSnapshot;
        return answer(held.resource_kind, held.awaits_id, 202, snapshot, false);
      }
      return frozenAnswer(held, replayed);
    },
    hear: (news) => heardAnswer(key, asked, news, replayed),
  });
}

/** The commit that froze this very key brings the answer with it. */
function heardAnswer(
  { person, key }: KeyClaim,
  { resource, awaitsId }: Asked,
  { frozen, snapshot }: CommitNews,
  replayed: boolean,
): CommandResult | undefined {
  const own = frozen.find((one) => one.key === key && one.person === person);
  if (own === undefined) return undefined;
  const [code, detail] = [own.code ?? undefined, own.detail ?? undefined];
  return answer(resource, awaitsId, own.status, snapshot, replayed, code, detail);
}

function answer(
  resource: HeldKey['resource_kind'],
  awaitsId: string,
  status: 200 | 201 | 202 | 402 | 409,
  snapshot: PaymentSnapshot,
  replayed: boolean,
  code?: string,
  detail?: string,
): CommandResult {
  return { kind: 'answer', resource, awaitsId, status, snapshot, replayed, code, detail };
}

async function motion(deps: CommandDeps, how: 'start' | 'wake', paymentId: string): Promise<void> {
  try {
    await deps.runs()?.[how](paymentId);
  } catch (error) {
    // The row's wake_at stands; the sweeper does it.
    deps.log.warn({ paymentId, error: String(error) }, `could not ${how} the run`);
  }
}
