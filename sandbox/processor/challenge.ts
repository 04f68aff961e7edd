import type { Context } from '../context.ts';
import { contractOf } from '../contracts.ts';
import type { AuthorizationRow } from '../store/authorizations.ts';
import { enqueueEvent } from '../webhooks/events.ts';
import type { EnqueuedEvent } from '../webhooks/events.ts';
import { approved } from './authorize.ts';
import { bookAuthorization } from './books.ts';
import { shownState } from './present.ts';

export type ChallengeVerdict = 'approve' | 'reject';

function complete(
  context: Context,
  row: AuthorizationRow,
  verdict: ChallengeVerdict,
): EnqueuedEvent {
  const { store, clock } = context;
  const now = clock.now();
  if (verdict === 'approve') {
    const booked = approved(row, contractOf(row.provider), now);
    store.authorizations.update(booked);
    bookAuthorization(store, booked, now);
  } else {
    const rejected = { status: 'declined', decline_code: 'authentication_failed' } as const;
    store.authorizations.update({ ...row, ...rejected });
  }
  return enqueueEvent(context, {
    operation: 'authorize',
    succeeded: verdict === 'approve',
    provider: row.provider,
    reference: row.reference,
    providerReference: row.id,
  });
}

/** A second press of a button, or one after the fence, changes nothing. Null: no such challenge. */
export async function completeChallenge(
  context: Context,
  id: string,
  verdict: ChallengeVerdict,
): Promise<AuthorizationRow | null> {
  const { store, clock } = context;
  const { row, event } = store.transaction(() => {
    const found = store.authorizations.find(id);
    const isOpen =
      found !== undefined && shownState(found, clock.now()).status === 'requires_action';
    return { row: found, event: isOpen ? complete(context, found, verdict) : null };
  });
  if (event !== null) context.wake();
  if (event?.isEarly === true) await context.deliverNow(event.sequence);
  return row ?? null;
}
