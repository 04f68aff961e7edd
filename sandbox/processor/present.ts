import type { Json } from '../http/reply.ts';
import type { AuthorizationRow } from '../store/authorizations.ts';
import type { OperationRow } from '../store/operations.ts';

interface ShownState {
  readonly status:
    'requires_action' | 'authorized' | 'captured' | 'declined' | 'voided' | 'expired';
  readonly declineCode: string | null;
}

/** Time passes without a request, so what has expired is seen at reading. */
export function shownState(row: AuthorizationRow, now: number): ShownState {
  if (row.status === 'requires_action' && now >= row.expires_at) {
    return { status: 'expired', declineCode: 'challenge_expired' };
  }
  if (row.status === 'authorized' && row.captured === 0 && now >= row.expires_at) {
    return { status: 'expired', declineCode: 'authorization_expired' };
  }
  // What the issuer will say is not told before the page is passed.
  if (row.status === 'requires_action') return { status: row.status, declineCode: null };
  const isSale = row.status === 'authorized' && row.sale === 1;
  return { status: isSale ? 'captured' : row.status, declineCode: row.decline_code };
}

export function presentAuthorization(row: AuthorizationRow, now: number, publicUrl: string): Json {
  const state = shownState(row, now);
  return {
    id: row.id,
    object: 'authorization',
    reference: row.reference,
    status: state.status,
    amount: row.amount,
    currency: row.currency,
    captured: state.status === 'captured',
    ...(state.declineCode === null ? {} : { decline_code: state.declineCode }),
    ...(state.status === 'requires_action'
      ? { redirect_url: `${publicUrl}/challenges/${row.id}` }
      : {}),
    ...(row.brand === null || row.last4 === null
      ? {}
      : { card: { brand: row.brand, last4: row.last4 } }),
    created_at: new Date(row.created_at).toISOString(),
  };
}

export function presentOperation(row: OperationRow): Json {
  return {
    id: row.id,
    object: row.kind,
    reference: row.reference,
    authorization: row.authorization_id,
    status: row.status,
    amount: row.amount,
    currency: row.currency,
    ...(row.decline_code === null ? {} : { decline_code: row.decline_code }),
    created_at: new Date(row.created_at).toISOString(),
  };
}
