import { readSettlementEvidence } from '../db/settlement.ts';
import type { Change } from '../domain/change.ts';
import type { AttemptState, OperationState, PaymentState } from '../domain/payment-state.ts';
import type { Approved, ProviderContract, ProviderEvidence } from '../domain/provider.ts';
import type { Resolution } from '../domain/resolve.ts';
import {
  spanOf,
  listedAsAnother,
  statedAbsent,
  statedDone,
  statedOtherwise,
  type SettlementLine,
} from '../domain/settlement-evidence.ts';
import { commitOutcome } from './commit.ts';
import type { ActivityDeps } from './deps.ts';

interface Settled {
  /** Listed: it was done, by these lines. */
  readonly done: Approved | null;
  readonly statements: readonly SettlementLine[];
  /** Also by a line that was handled before. */
  readonly isStated: boolean;
  /** Listed nowhere where it would have to be. */
  readonly unlisted: ProviderEvidence | null;
  readonly otherwise: ReturnType<typeof statedOtherwise>;
}

/** Read before each lookup: money that moved is in the files, whatever the provider's API says of it. */
export async function readSettled(
  deps: ActivityDeps,
  subject: AttemptState | OperationState,
  contract: ProviderContract,
): Promise<Settled> {
  const span = spanOf(subject, contract);
  const evidence = await readSettlementEvidence(deps.db, contract.name, subject.id, span);
  return {
    done: statedDone(subject, evidence, contract.name),
    statements: evidence.statements.map(({ fileId, line }) => ({ fileId, line })),
    isStated: evidence.isStated,
    unlisted: statedAbsent(subject, contract, evidence),
    otherwise: statedOtherwise(subject, evidence),
  };
}

/** What says nothing of whether it was done: read once, and put before a person where it cannot be. */
export async function setAside(
  deps: ActivityDeps,
  payment: PaymentState,
  subject: AttemptState | OperationState,
  { otherwise: { other, contradicts } }: Settled,
): Promise<PaymentState> {
  if (other.length === 0) return payment;
  const cases = listedAsAnother(payment, subject, contradicts);
  const statements = other.map(({ fileId, line }) => ({ fileId, line }));
  const decided = await commitOutcome(deps, payment, () => ({ timeline: [], cases, statements }));
  return decided.payment;
}

/** In one commit with what was made of them, also where that is nothing new: none is read twice. */
export function handling(
  change: Change | null,
  statements: readonly SettlementLine[],
): Change | null {
  if (statements.length === 0) return change;
  return { ...(change ?? { timeline: [] }), statements };
}

/** What is listed is not absent, whatever a lookup says of it. */
export function unlessStated(resolution: Resolution, { isStated }: Settled): Resolution {
  return isStated && resolution.kind === 'absent'
    ? { kind: 'look_again', absent: false }
    : resolution;
}

/** Silence was read before the payment moved on, and what moved it may be a file that is not silent. */
export function isOvertaken(
  evidence: ProviderEvidence,
  read: PaymentState,
  now: PaymentState,
): boolean {
  return evidence.kind === 'settlement' && read.version !== now.version;
}
