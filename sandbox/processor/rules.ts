/** What a provider allows on an authorization, and what an allowed operation changes. Pure. */
import type { Contract } from '../contracts.ts';
import type { AuthorizationRow } from '../store/authorizations.ts';
import type { OperationKind } from '../store/operations.ts';

export interface RequestedOperation {
  readonly kind: OperationKind;
  readonly amount: number;
  readonly currency: string;
  readonly final: boolean;
}

/** What a capture or void may still take. */
export function remainingAmount(authorization: AuthorizationRow): number {
  if (authorization.closed === 1) return 0;
  return authorization.amount - authorization.captured - authorization.released;
}

function captureRefusal(
  contract: Contract,
  authorization: AuthorizationRow,
  requested: RequestedOperation,
): string | null {
  if (authorization.status === 'requires_action') return 'authorization_incomplete';
  if (requested.amount > remainingAmount(authorization)) return 'capture_exceeds_authorization';
  if (!contract.partialCapture && requested.amount < authorization.amount) {
    return 'partial_capture_not_supported';
  }
  return null;
}

function incrementRefusal(
  contract: Contract,
  authorization: AuthorizationRow,
  requested: RequestedOperation,
): string | null {
  if (authorization.status === 'requires_action') return 'authorization_incomplete';
  if (!contract.incrementalAuthorization) return 'increment_not_supported';
  const most = Number.MAX_SAFE_INTEGER - authorization.amount;
  return requested.amount > most ? 'increment_too_large' : null;
}

/** Not every issuer says why: at birch a capture that comes too late meets a decline like any other. */
function expiredCode(contract: Contract, { kind }: RequestedOperation): string {
  return contract.name === 'birch' && kind === 'capture' ? 'do_not_honor' : 'authorization_expired';
}

/** The decline code, or null if the operation may go ahead. */
export function refusalOf(
  contract: Contract,
  authorization: AuthorizationRow | undefined,
  requested: RequestedOperation,
  now: number,
): string | null {
  if (authorization === undefined) return 'authorization_not_found';
  if (requested.currency !== authorization.currency) return 'currency_mismatch';
  if (requested.kind === 'refund') {
    const refundable = authorization.captured - authorization.refunded;
    return requested.amount > refundable ? 'refund_exceeds_captured' : null;
  }
  if (authorization.status === 'declined') return 'authorization_declined';
  if (authorization.status === 'voided') return 'already_voided';
  if (authorization.closed === 1) return 'already_captured';
  if (now >= authorization.expires_at) return expiredCode(contract, requested);
  if (requested.kind === 'capture') return captureRefusal(contract, authorization, requested);
  if (requested.kind === 'increment') return incrementRefusal(contract, authorization, requested);
  const remaining = remainingAmount(authorization);
  return requested.amount > remaining ? 'void_exceeds_authorization' : null;
}

export function applyOperation(
  contract: Contract,
  authorization: AuthorizationRow,
  requested: RequestedOperation,
): AuthorizationRow {
  const { amount } = requested;
  const isLast = amount === remainingAmount(authorization);
  switch (requested.kind) {
    case 'capture': {
      const closes = isLast || requested.final || !contract.multipleCaptures;
      return {
        ...authorization,
        captured: authorization.captured + amount,
        closed: closes ? 1 : 0,
      };
    }
    case 'void': {
      const released = { ...authorization, released: authorization.released + amount };
      if (!isLast) return released;
      if (authorization.captured > 0) return { ...released, closed: 1 };
      return { ...released, closed: 1, status: 'voided', decline_code: 'already_voided' };
    }
    case 'refund':
      return { ...authorization, refunded: authorization.refunded + amount };
    case 'increment':
      return { ...authorization, amount: authorization.amount + amount };
  }
}

/** Undoes `applyOperation`; right only for the last operation of its authorization. */
export function revertOperation(
  authorization: AuthorizationRow,
  kind: OperationKind,
  amount: number,
): AuthorizationRow {
  switch (kind) {
    case 'capture':
      return { ...authorization, captured: authorization.captured - amount, closed: 0 };
    case 'void':
      return {
        ...authorization,
        released: authorization.released - amount,
        closed: 0,
        status: 'authorized',
        decline_code: null,
      };
    case 'refund':
      return { ...authorization, refunded: authorization.refunded - amount };
    case 'increment':
      return { ...authorization, amount: authorization.amount - amount };
  }
}
