import { attemptById, type PaymentState } from '../domain/payment-state.ts';
import { recordAttempt } from '../domain/record-attempt.ts';
import type { ProviderOutcome } from '../domain/provider.ts';
import type { SettlementLine } from '../domain/settlement-evidence.ts';
import { commitOutcome } from './commit.ts';
import { providerOf, type ActivityDeps } from './deps.ts';
import { rulesOf } from './routing.ts';
import { handling } from './settlement.ts';

/** Commit 3: the outcome with everything that follows from it, in one transaction. */
export async function record(
  deps: ActivityDeps,
  payment: PaymentState,
  attemptId: string,
  outcome: ProviderOutcome,
  statements: readonly SettlementLine[] = [],
): Promise<PaymentState> {
  const newOperationId = deps.newId('op');
  const { failover_declines: failoverDeclines } = await rulesOf(deps);
  const decided = await commitOutcome(deps, payment, (p) => {
    const attempt = attemptById(p, attemptId);
    const { contract } = providerOf(deps, attempt.provider);
    const recording = { payment: p, attempt, contract, newOperationId, failoverDeclines };
    return handling(recordAttempt(recording, outcome), statements);
  });
  return decided.payment;
}
