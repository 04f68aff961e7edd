import type { Behaviour, Card } from '../cards.ts';
import type { Context } from '../context.ts';
import { authorizationLifeMs } from '../contracts.ts';
import type { Contract } from '../contracts.ts';
import type { AuthorizationRow } from '../store/authorizations.ts';
import { bookAuthorization } from './books.ts';
import { newProviderId } from './ids.ts';
import { presentAuthorization } from './present.ts';
import { declinedBody, lateAfterMs } from './result.ts';
import type { Lateness, Result } from './result.ts';

/** How long a shopper may take on the 3-D Secure page. */
const challengeLifeMs = 60 * 60 * 1_000;

export interface AuthorizeOrder {
  readonly contract: Contract;
  readonly key: string;
  readonly reference: string;
  readonly amount: number;
  readonly currency: string;
  readonly capture: boolean;
  /** The shopper is not there to pass a challenge. */
  readonly offSession: boolean;
  /** Whoever asks wants the shopper challenged, whatever the issuer wants. */
  readonly challenge: boolean;
  readonly returnUrl: string | null;
  readonly card: Pick<Card, 'brand' | 'last4'> | null;
  /** Null: a token we never issued. */
  readonly behaviour: Behaviour | null;
}

type Decision = Pick<AuthorizationRow, 'status' | 'decline_code'>;
const unreached: readonly Decision['decline_code'][] = ['invalid_token', 'issuer_unavailable'];

/** The page comes before the issuer's answer, which is kept for whoever passes it; whom it cannot reach is not asked. */
function decide(order: AuthorizeOrder): Decision {
  const decision = decideByCard(order);
  const isReached = !unreached.includes(decision.decline_code);
  const asks = order.challenge && !order.offSession && isReached;
  return asks ? { ...decision, status: 'requires_action' } : decision;
}

function decideByCard({ behaviour, offSession, contract }: AuthorizeOrder): Decision {
  switch (behaviour) {
    case null:
      return { status: 'declined', decline_code: 'invalid_token' };
    case 'insufficient_funds':
    case 'do_not_honor':
      return { status: 'declined', decline_code: behaviour };
    case 'issuer_unavailable':
      // Of one provider's way to the issuer: another one reaches it.
      return contract.name === 'alder'
        ? { status: 'declined', decline_code: behaviour }
        : { status: 'authorized', decline_code: null };
    case 'challenge':
      if (offSession) return { status: 'declined', decline_code: 'authentication_required' };
      return { status: 'requires_action', decline_code: null };
    default:
      return { status: 'authorized', decline_code: null };
  }
}

function newAuthorization(
  order: AuthorizeOrder,
  decision: Decision,
  now: number,
): AuthorizationRow {
  const { contract, reference, key, amount, currency, capture } = order;
  const isChallenged = decision.status === 'requires_action';
  const brand = order.card?.brand ?? null;
  return {
    id: newProviderId(contract, 'authorization'),
    provider: contract.name,
    reference,
    key,
    amount,
    currency,
    sale: capture ? 1 : 0,
    ...decision,
    captured: 0,
    refunded: 0,
    released: 0,
    closed: 0,
    return_url: order.returnUrl,
    brand,
    last4: order.card?.last4 ?? null,
    created_at: now,
    expires_at: now + (isChallenged ? challengeLifeMs : authorizationLifeMs(contract, brand)),
  };
}

/** The funds are reserved, and taken if it was a sale. */
export function approved(row: AuthorizationRow, contract: Contract, now: number): AuthorizationRow {
  const isSale = row.sale === 1;
  return {
    ...row,
    status: 'authorized',
    decline_code: null,
    captured: isSale ? row.amount : 0,
    closed: isSale ? 1 : 0,
    expires_at: now + authorizationLifeMs(contract, row.brand),
  };
}

/** One authorization or sale, inside the caller's transaction, which has looked for a fence. */
export function authorize(context: Context, order: AuthorizeOrder, lateness: Lateness): Result {
  const { store, clock } = context;
  const { contract, reference } = order;
  const now = clock.now();
  const decision = decide(order);
  const late = decision.status === 'authorized' ? lateness : null;
  const fresh = newAuthorization(
    order,
    late === 'late_success' ? { status: 'declined', decline_code: 'do_not_honor' } : decision,
    now,
  );
  const row = fresh.status === 'authorized' ? approved(fresh, contract, now) : fresh;
  store.authorizations.insert(row);
  if (late !== null) {
    store.jobs.insert({
      subject_id: row.id,
      kind: late,
      operation: 'authorize',
      authorization_id: row.id,
      due_at: now + lateAfterMs,
    });
  } else if (row.status === 'authorized') {
    bookAuthorization(store, row, now);
  }
  return {
    ...present(context, row, now),
    kept: late === 'late_success',
    event: {
      operation: 'authorize',
      succeeded: row.status === 'authorized',
      provider: row.provider,
      reference,
      providerReference: row.id,
    },
  };
}

function present(context: Context, row: AuthorizationRow, now: number): Result {
  const body = presentAuthorization(row, now, context.publicUrl());
  if (row.status !== 'declined') return { status: 200, body };
  return { status: 402, body: declinedBody(row.decline_code ?? 'declined', body) };
}
