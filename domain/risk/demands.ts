/** What the outcome asks of a provider, and what stands in its place where that is not to be had. */
import type { PaymentState } from '../payment-state.ts';
import type { ProviderContract } from '../provider-contract.ts';
import { isOfThisRound } from '../routing.ts';
import type { Assessment } from './assessment.ts';
import { compareActions, type RiskAction } from './rules.ts';

type Judged = Pick<PaymentState, 'paymentMethod' | 'offSession' | 'amount'>;

/** Only what is charged by card can be challenged, or held without being taken. */
const cards: readonly string[] = ['card', 'wallet'];

/**
 * A challenge needs somebody who can pass it, and a provider that puts it: else a person looks at the payment.
 * Where nothing can be held for that, it is not made: nobody looks at money that is gone.
 */
export function possible(
  payment: Judged,
  assessment: Assessment,
  contracts: readonly Pick<ProviderContract, 'challenges'>[],
): Assessment {
  const challenged = instead(assessment, 'challenge', 'review', whyNoChallenge(payment, contracts));
  return instead(challenged, 'review', 'block', whyNoReview(payment));
}

type Tried = Pick<PaymentState, 'attempts' | 'submitBy' | 'submitWithinMs'>;

/** A provider that is away, or a judgement that comes too late, makes nobody less of a risk. */
export function noLaxer(payment: Tried, assessment: Assessment): Assessment {
  const tried = payment.attempts.filter((attempt) => isOfThisRound(payment, attempt));
  const action = asTried(tried);
  if (compareActions(assessment.outcome, action) >= 0) return assessment;
  const reason = { kind: 'earlier_try', action } as const;
  return { ...assessment, outcome: action, reasons: [reason, ...assessment.reasons] };
}

function asTried(tried: Tried['attempts']): RiskAction {
  if (tried.some(({ held }) => held)) return 'review';
  return tried.some(({ challenged }) => challenged) ? 'challenge' : 'allow';
}

function instead(
  assessment: Assessment,
  wanted: Assessment['outcome'],
  other: Assessment['outcome'],
  because: string | null,
): Assessment {
  if (assessment.outcome !== wanted || because === null) return assessment;
  const reason = { kind: 'not_possible', action: wanted, because } as const;
  return { ...assessment, outcome: other, reasons: [reason, ...assessment.reasons] };
}

function whyNoChallenge(
  { paymentMethod, offSession }: Judged,
  contracts: readonly Pick<ProviderContract, 'challenges'>[],
): string | null {
  if (!cards.includes(paymentMethod.type)) return 'method';
  if (offSession) return 'off_session';
  return contracts.some(({ challenges }) => challenges) ? null : 'providers';
}

function whyNoReview({ paymentMethod, amount }: Judged): string | null {
  if (!cards.includes(paymentMethod.type)) return 'method';
  return amount === 0n ? 'nothing_to_hold' : null;
}
