/** Provider outcomes in workflow payloads: money as decimal strings of minor units, never floats. */
import type { Approved, ProviderOutcome } from '../domain/provider.ts';
import type { Submitted } from './attempt-submit.ts';

export type OutcomeOnWire =
  | Exclude<ProviderOutcome, Approved>
  | (Omit<Approved, 'amountMinor'> & { readonly amountMinor: string });

export type SubmittedOnWire =
  | { readonly kind: 'nothing_sent' }
  | { readonly kind: 'answered'; readonly attemptId: string; readonly outcome: OutcomeOnWire };

export function toWire(submitted: Submitted): SubmittedOnWire {
  if (submitted.kind === 'nothing_sent') return submitted;
  const { outcome } = submitted;
  return outcome.kind === 'approved'
    ? { ...submitted, outcome: { ...outcome, amountMinor: String(outcome.amountMinor) } }
    : { ...submitted, outcome };
}

export function fromWire(outcome: OutcomeOnWire): ProviderOutcome {
  return outcome.kind === 'approved'
    ? { ...outcome, amountMinor: BigInt(outcome.amountMinor) }
    : outcome;
}
