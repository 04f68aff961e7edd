import { createHash } from 'node:crypto';
import { findReceiptsElsewhere } from '../db/receipts.ts';
import { attemptById, type PaymentState } from '../domain/payment-state.ts';
import type { LookupResult, Provider, Receipt } from '../domain/provider.ts';
import { recordTransfers } from '../domain/record-transfers.ts';
import { commitOutcome } from './commit.ts';
import type { ActivityDeps } from './deps.ts';

type Seen = Extract<LookupResult, { kind: 'found' }> & { readonly receipts: readonly Receipt[] };

/**
 * What came for a transfer, as the provider lists it: recorded before anything else is decided. `over`: the
 * lookup has told all it can. Otherwise the instructions have run out, or were withdrawn over there, and
 * the attempt is closed as any other.
 */
export async function takeReceipts(
  deps: ActivityDeps,
  payment: PaymentState,
  attemptId: string,
  { contract }: Provider,
  { outcome, receipts }: Seen,
): Promise<{ readonly payment: PaymentState; readonly over: boolean }> {
  const listed = receipts.map((receipt) => ({
    ...receipt,
    operationId: operationIdOf(contract.name, receipt),
  }));
  const ids = { newOperationId: deps.newId('op'), newReturnId: deps.newId('ref') };
  // One that another payment writes down at this moment fails this commit, and is read by the next try.
  const ofAnother = await findReceiptsElsewhere(
    deps.db,
    payment,
    listed.map(({ operationId }) => operationId),
  );
  const seen = { contract, receipts: listed, ofAnother, outcome, ...ids };
  const decided = await commitOutcome(deps, payment, (p) => {
    return recordTransfers({ payment: p, attempt: attemptById(p, attemptId), ...seen });
  });
  const attempt = attemptById(decided.payment, attemptId);
  const ranOut = attempt.expiresAt !== null && attempt.expiresAt <= decided.payment.now;
  const isOpen = ['submitting', 'pending', 'unknown'].includes(attempt.status);
  const isWaiting = attempt.status === 'requires_action';
  const waitsOn = outcome.kind === 'requires_action' && !ranOut;
  return { payment: decided.payment, over: !isOpen && (!isWaiting || waitsOn) };
}

/**
 * The same credit has the same id, whoever writes it down: a primary key counts it once, whatever else fails.
 * In the form of UUIDv7, by the time at which it came.
 */
function operationIdOf(provider: string, { id, at }: Receipt): string {
  const digest = createHash('sha256').update(`${provider}\n${id}`).digest('hex');
  const time = Math.max(0, Math.trunc(at)).toString(16).padStart(12, '0').slice(-12);
  const variant = ((Number.parseInt(digest.slice(3, 4), 16) & 0x3) | 0x8).toString(16);
  return `op_${time.slice(0, 8)}-${time.slice(8)}-7${digest.slice(0, 3)}-${variant}${digest.slice(4, 7)}-${digest.slice(7, 19)}`;
}
