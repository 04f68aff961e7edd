/** What a lookup of a payout means, and what its calling off does. */
import { applyOutcome, failed, settled, waitMs } from './send-payout.ts';
import type { Payout, PayoutChange } from './payout.ts';
import type { ProviderContract } from './provider-contract.ts';
import type { LookupResult, ProviderEvidence, VoidByReferenceResult } from './provider.ts';

/** `call_off`: nobody knows of it; once it is called off it can never be paid. */
export type PayoutResolution = PayoutChange | 'call_off' | null;

export function resolvePayout(
  payout: Payout,
  look: LookupResult,
  contract: Pick<ProviderContract, 'settlingMs'>,
): PayoutResolution {
  switch (look.kind) {
    case 'found':
      return applyOutcome(payout, look.outcome);
    case 'absent':
      return absent(payout, look.evidence, contract);
    case 'not_supported':
    case 'no_answer':
      return again(payout, look.evidence);
  }
}

function absent(
  payout: Payout,
  evidence: ProviderEvidence,
  { settlingMs }: Pick<ProviderContract, 'settlingMs'>,
): PayoutResolution {
  switch (payout.status) {
    case 'failed':
      return settled(payout, evidence);
    case 'submitting':
    case 'unknown':
      // It may still be on its way.
      return payout.now >= (payout.sendBy ?? 0) + settlingMs ? 'call_off' : again(payout, evidence);
    case 'requested':
      return null;
    case 'pending':
    case 'paid':
      return again(payout, evidence);
  }
}

/** Confirmed, it never happens: back to its merchant. Refused, it has happened and is found by the next look. */
export function calledOff(payout: Payout, result: VoidByReferenceResult): PayoutChange | null {
  if (payout.status !== 'submitting' && payout.status !== 'unknown') return null;
  if (result.kind === 'confirmed') return failed(payout, 'not_received', result.evidence);
  return again(payout, result.evidence);
}

function again(payout: Payout, basis: PayoutChange['patch']['basis']): PayoutChange {
  const { lookups, now } = payout;
  const status = payout.status === 'submitting' ? 'unknown' : payout.status;
  return {
    patch: { status, lookups: lookups + 1, dueAt: now + waitMs(lookups), basis },
    moves: [],
  };
}
