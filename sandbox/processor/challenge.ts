import type { Context } from '../context.ts';
import { contractOf } from '../contracts.ts';
import type { AuthorizationRow } from '../store/authorizations.ts';
import { enqueueEvent } from '../webhooks/events.ts';
import { approved } from './authorize.ts';
import { bookAuthorization } from './books.ts';
import { shownState } from './present.ts';
import type { EventSubject } from './result.ts';

export type ChallengeVerdict = 'approve' | 'reject';

/** Inside the caller's transaction. What it answers is still to be told. */
export function decideChallenge(
  context: Context,
  row: AuthorizationRow,
  verdict: ChallengeVerdict,
): EventSubject {
  const { store, clock } = context;
  const now = clock.now();
  const isApproved = verdict === 'approve' && row.decline_code === null;
  if (isApproved) {
    const booked = approved(row, contractOf(row.provider), now);
    store.authorizations.update(booked);
    bookAuthorization(store, booked, now);
  } else {
    const decline_code = verdict === 'approve' ? row.decline_code : 'authentication_failed';
    store.authorizations.update({ ...row, status: 'declined', decline_code });
  }
  return {
    operation: 'authorize',
    succeeded: isApproved,
    provider: row.provider,
    reference: row.reference,
    providerReference: row.id,
  };
}

export function isChallengeOpen(context: Context, row: AuthorizationRow): boolean {
  return shownState(row, context.clock.now()).status === 'requires_action';
}

/** A second press of a button, or one after the fence, changes nothing. Null: no such challenge. */
export async function completeChallenge(
  context: Context,
  id: string,
  verdict: ChallengeVerdict,
): Promise<AuthorizationRow | null> {
  const { store } = context;
  const { row, event } = store.transaction(() => {
    const found = store.authorizations.find(id);
    if (found === undefined || !isChallengeOpen(context, found)) return { row: found, event: null };
    const event = enqueueEvent(context, decideChallenge(context, found, verdict));
    return { row: found, event };
  });
  if (event !== null) context.wake();
  if (event?.isEarly === true) await context.deliverNow(event.sequence);
  return row ?? null;
}
