/**
 * What a provider's settlement files prove about one attempt or operation. A movement they list happened.
 * Silence proves something only of what they list, over the whole time it may have happened in and two
 * cycles more, without a gap, by files that were imported: never by the date alone (DESIGN 3, "Absence").
 */
import type { NewCase } from './case.ts';
import type { Currency } from './currency.ts';
import type { AttemptState, OperationState, PaymentState } from './payment-state.ts';
import type { ProviderContract } from './provider-contract.ts';
import type { Approved, ProviderEvidence } from './provider.ts';

export type SettlementSays = 'authorized' | 'captured' | 'refunded' | 'voided';

export interface SettlementLine {
  readonly fileId: string;
  readonly line: number;
}

export interface SettlementStatement extends SettlementLine {
  readonly says: SettlementSays;
  readonly amount: bigint;
  readonly currency: string;
  /** The provider's own id of the movement, and so of the attempt where it is one. */
  readonly providerReference: string;
}

export interface SettlementEvidence {
  /** Not yet handled. */
  readonly statements: readonly SettlementStatement[];
  /** Also by one that was handled: then silence is no argument. */
  readonly isStated: boolean;
  /** Listed without a gap over the whole span asked for. */
  readonly covered: readonly SettlementSays[];
  readonly files: readonly string[];
}

/** Cycles that must have gone after the last moment at which it may have happened. */
const cyclesGone = 2;

/** From when to when the files must list everything, for their silence to be worth something; ms. */
export function spanOf(
  subject: AttemptState | OperationState,
  contract: ProviderContract,
): { readonly from: number; readonly to: number } {
  const sentBy = subject.sendBy ?? subject.createdAt;
  const to = sentBy + contract.settlingMs + cyclesGone * contract.settlementCycleMs;
  return { from: subject.createdAt, to };
}

/** How this would be listed; null: no settlement file lists it. */
export function listedAs(subject: AttemptState | OperationState): SettlementSays | null {
  switch (subject.kind) {
    case 'sale':
    case 'capture':
      return 'captured';
    case 'authorize':
      return 'authorized';
    case 'refund':
      return 'refunded';
    case 'void':
      return 'voided';
    case 'increment':
    case 'receipt':
      return null;
  }
}

/** The statement that says it was done. Others about it say nothing of that: a sale is also authorized. */
export function statedDone(
  subject: AttemptState | OperationState,
  evidence: SettlementEvidence,
  provider: string,
): Approved | null {
  const listed = listedAs(subject);
  const done = evidence.statements.find(({ says }) => says === listed);
  if (done === undefined) return null;
  const { amount, currency, providerReference, fileId, line } = done;
  return {
    kind: 'approved',
    providerReference,
    amountMinor: amount,
    // Compared with the payment's, like whatever a provider says.
    currency: currency as Currency,
    captured: subject.kind === 'sale',
    evidence: {
      kind: 'settlement',
      provider,
      detail: `${fileId} line ${String(line)}: ${done.says}`,
      providerReference,
    },
  };
}

/**
 * Statements that name it and are not how it would be listed. `contradicts`: as which it cannot be listed
 * at all, so money moved that is not in the books, or the file names the wrong thing.
 */
export function statedOtherwise(
  subject: AttemptState | OperationState,
  { statements }: SettlementEvidence,
): {
  readonly other: readonly SettlementStatement[];
  readonly contradicts: readonly SettlementStatement[];
} {
  const listed = listedAs(subject);
  const other = statements.filter(({ says }) => says !== listed);
  return { other, contradicts: other.filter(({ says }) => !mayBeListedAs(subject, says)) };
}

/** A sale is authorized as well, an increment is an authorization, and what was authorized may be let go of in part. */
function mayBeListedAs(subject: AttemptState | OperationState, says: SettlementSays): boolean {
  switch (subject.kind) {
    case 'sale':
      return says === 'authorized' || (says === 'voided' && subject.status !== 'authorized');
    case 'authorize':
      return says === 'voided';
    case 'increment':
      return says === 'authorized';
    default:
      return false;
  }
}

/** One case for all of them: what moved, and whose it is, a person has to find out. */
export function listedAsAnother(
  payment: PaymentState,
  subject: AttemptState | OperationState,
  contradicts: readonly SettlementStatement[],
): readonly NewCase[] {
  const isAttempt = !('attemptId' in subject);
  const attemptId = isAttempt ? subject.id : subject.attemptId;
  const [first] = contradicts;
  if (first === undefined || attemptId === null) return [];
  const lines = contradicts.map(
    ({ fileId, line, says, amount, currency, providerReference }) =>
      `${fileId} line ${String(line)}: ${says} ${String(amount)} ${currency}, ${providerReference}`,
  );
  return [
    {
      kind: 'contradiction',
      attemptId,
      ...(!isAttempt && { operationId: subject.id }),
      // Never taken for money of the payment's currency.
      amount: first.currency === payment.currency ? first.amount : 0n,
      reason: `listed_as_${first.says}`,
      evidence: { kind: 'settlement', recorded: `${subject.kind} ${subject.status}`, lines },
    },
  ];
}

/** Null: silence proves nothing here. */
export function statedAbsent(
  subject: AttemptState | OperationState,
  contract: ProviderContract,
  evidence: SettlementEvidence,
): ProviderEvidence | null {
  const listed = listedAs(subject);
  // Where lookups can be final, they are asked: DESIGN has the file only "where never".
  if (contract.absenceFinalAfterMs !== null || listed === null) return null;
  if (evidence.isStated || !evidence.covered.includes(listed)) return null;
  const { name } = contract;
  const detail = `in none of ${evidence.files.join(', ')}, which list what was ${listed}`;
  return { kind: 'settlement', provider: name, detail };
}
