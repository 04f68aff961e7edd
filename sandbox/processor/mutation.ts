/** The way of every call that moves money: fault, key, one transaction, answer. */
import type { Behaviour } from '../cards.ts';
import type { Context } from '../context.ts';
import type { Contract } from '../contracts.ts';
import type { CallFault } from '../faults.ts';
import { jsonReply } from '../http/reply.ts';
import type { Answer, Reply } from '../http/reply.ts';
import type { KeyRow } from '../store/idempotency-keys.ts';
import { enqueueEvent } from '../webhooks/events.ts';
import type { EnqueuedEvent } from '../webhooks/events.ts';
import { conflict, declinedBody, serverError } from './result.ts';
import type { EventSubject, Lateness, Result } from './result.ts';
import { answerThroughFault } from './wire-faults.ts';

export interface Mutation {
  readonly contract: Contract;
  readonly operation: EventSubject['operation'] | 'payout';
  readonly key: string;
  readonly reference: string;
  /** Path and body in a canonical form: the same key must always mean the same request. */
  readonly fingerprint: string;
  /** Of the token; null where none is given. */
  readonly behaviour: Behaviour | null;
  process(lateness: Lateness): Result;
}

function findLiveRecord(context: Context, { contract, key }: Mutation): KeyRow | undefined {
  const record = context.store.idempotencyKeys.find(contract.name, key);
  if (record === undefined) return undefined;
  return context.clock.now() < record.created_at + contract.keyLifeMs ? record : undefined;
}

function tokenFault(contract: Contract, behaviour: Behaviour | null): CallFault | null {
  switch (behaviour) {
    case 'lost_reply':
    case 'error_500':
    case 'slow':
    case 'late_success':
      return behaviour;
    case 'refused_connection':
      // One provider only, so that there is something to fail over to.
      return contract.name === 'alder' ? 'refused' : null;
    default:
      return null;
  }
}

/** A token's misbehaviour happens once: a repeat under the same key is answered as any other. */
function faultOf(context: Context, mutation: Mutation): CallFault | null {
  const planned = context.faults.drawCall(mutation.contract.name, mutation.operation);
  const own = tokenFault(mutation.contract, mutation.behaviour);
  if (planned !== null || own === null) return planned;
  return findLiveRecord(context, mutation) === undefined ? own : null;
}

function replay(record: KeyRow, mutation: Mutation, fault: CallFault | null): Reply {
  if (record.fingerprint !== mutation.fingerprint) {
    const { status, body } = conflict('key_conflict', 'this key was used for another request');
    return jsonReply(status, body);
  }
  if (fault === 'error_500') return jsonReply(serverError().status, serverError().body);
  const headers = { 'idempotent-replayed': 'true' };
  return { status: record.status, body: record.body, headers };
}

/** Before its key: a stored approval of what has been voided since would be a lie. */
function isFenced({ store }: Context, { operation, contract, reference }: Mutation): boolean {
  const canBeFenced = operation === 'authorize' || operation === 'payout';
  return canBeFenced && store.fences.has(contract.name, reference);
}

function fencedReply(reference: string): Reply {
  return jsonReply(402, declinedBody('reference_voided', { reference }));
}

interface Processed {
  readonly reply: Reply;
  readonly event: EnqueuedEvent | null;
}

/**
 * Ordinary results are told by the reply alone, unless a fault wants an event to play with. Where the
 * reply only acknowledges, the event is all there is.
 */
function enqueueOwnEvent(
  context: Context,
  { modifications }: Contract,
  { event: subject, body }: Result,
): EnqueuedEvent | null {
  if (subject === undefined) return null;
  const fault = context.faults.drawWebhook(subject.provider, subject.operation);
  // A page that waits for its shopper is no result yet.
  const isTold = modifications === 'asynchronous' && body['status'] !== 'requires_action';
  return fault === null && !isTold ? null : enqueueEvent(context, subject, fault);
}

/** The booking and the memory of its key are one transaction, committed before any reply. */
function processOnce(context: Context, mutation: Mutation, fault: CallFault | null): Processed {
  const { store, clock } = context;
  return store.transaction(() => {
    if (isFenced(context, mutation)) return { reply: fencedReply(mutation.reference), event: null };
    const record = findLiveRecord(context, mutation);
    if (record !== undefined) return { reply: replay(record, mutation, fault), event: null };
    const isLate = fault === 'late_success' || fault === 'late_failure';
    const result = fault === 'error_500' ? serverError() : mutation.process(isLate ? fault : null);
    const reply = jsonReply(result.status, result.body);
    if (result.status === 200 || mutation.contract.errorsCached || result.kept === true) {
      const { contract, key, fingerprint } = mutation;
      store.idempotencyKeys.put({
        provider: contract.name,
        key,
        fingerprint,
        status: reply.status,
        body: reply.body,
        created_at: clock.now(),
      });
    }
    return { reply, event: enqueueOwnEvent(context, mutation.contract, result) };
  });
}

export async function answerMutation(context: Context, mutation: Mutation): Promise<Answer> {
  const flight = `${mutation.contract.name} ${mutation.key}`;
  const fault = faultOf(context, mutation);
  if (context.keysInFlight.has(flight)) {
    const { status, body } = conflict('key_in_use', 'a request with this key is being processed');
    return jsonReply(status, body);
  }
  context.keysInFlight.add(flight);
  try {
    const work = async (): Promise<Reply> => {
      const { reply, event } = processOnce(context, mutation, fault);
      // Late results and events are rare; asking what is due next on every call is not worth it.
      if (fault !== null || event !== null) context.wake();
      if (event?.isEarly === true) await context.deliverNow(event.sequence);
      return reply;
    };
    return await answerThroughFault(context, fault, work, mutation.contract.name);
  } finally {
    context.keysInFlight.delete(flight);
  }
}
