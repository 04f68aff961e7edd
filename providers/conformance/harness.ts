/** What a conformance case is given, and the words it is written in. */
import assert from 'node:assert/strict';
import { v7 as uuidv7 } from 'uuid';
import { able } from '../../domain/provider.ts';
import type {
  Approved,
  AuthorizeRequest,
  LookupHint,
  LookupKind,
  OperationRequest,
  Provider,
  ProviderContract,
  ProviderOutcome,
} from '../../domain/provider.ts';

export interface ConformanceMovement {
  readonly reference: string;
  readonly operation: string;
  readonly amount: number;
}

/** What payers do at a bank, and the tokens of accounts that it knows. */
export interface Payer {
  readonly tokens: {
    /** Can be debited once its holder has agreed on a page. */
    readonly unmandated: string;
    /** Debited with success, and taken back later. */
    readonly returned: string;
  };
  approve(url: string): Promise<void>;
  transfer(transferReference: string, amount: number, id: string): Promise<void>;
}

/** A settlement report, read to its end. */
export interface ReadReport {
  readonly format: string;
  readonly lines: readonly { readonly kind: string; readonly reference: string | null }[];
}

export interface ConformanceHarness {
  readonly provider: Provider;
  /** The same adapter at an address where nobody listens. */
  readonly unreachable: Provider;
  readonly tokens: {
    readonly approved: string;
    readonly insufficientFunds: string;
    /** Booked, and the reply never arrives. */
    readonly lostReply: string;
    /** An error reply that says nothing about the money. */
    readonly serverError: string;
    readonly challenge: string;
  };
  /** How it is asked, where that is not by card: the method, and that it is taken at once. */
  readonly asking?: Partial<AuthorizeRequest>;
  /** Accounts that may be paid: one that takes it, one that does not exist any more, one that loses the reply. */
  readonly payees?: {
    readonly good: string;
    readonly closed: string;
    readonly returned: string;
    readonly lostReply: string;
  };
  /** The other side of a bank. */
  readonly payer?: Payer;
  /** What the provider's event says became of it, where its reply only acknowledges. */
  told(kind: LookupKind, reference: string): Promise<ProviderOutcome>;
  /** All that its source of settlement reports has; undefined: it has no source. */
  readonly fetchReports?: (() => Promise<readonly ReadReport[]>) | undefined;
  /** What really happened at the provider. */
  listMovements(): Promise<readonly ConformanceMovement[]>;
  advanceClock(durationMs: number): Promise<void>;
}

export interface ConformanceCase {
  readonly name: string;
  /** Absent: every provider. */
  readonly appliesTo?: (contract: ProviderContract) => boolean;
  run(harness: ConformanceHarness): Promise<void>;
}

export function anAuthorization(
  token: string,
  changes: Partial<AuthorizeRequest> = {},
): AuthorizeRequest {
  const reference = `att_${uuidv7()}`;
  const idempotencyKey = `key_${reference}`;
  const money = { amountMinor: 1_000n, currency: 'EUR' } as const;
  const asked = { method: 'card', token, capture: false } as const;
  const shopper = { offSession: false, challenge: false };
  return { reference, idempotencyKey, ...money, ...asked, ...shopper, ...changes };
}

/** Cards and their wallets: authorized, then captured. A bank takes or receives at once. */
export function takesCards(contract: ProviderContract): boolean {
  return contract.methods.includes('card');
}

export interface Authorized {
  readonly request: AuthorizeRequest;
  readonly outcome: Approved;
}

export function assertApproved(outcome: ProviderOutcome): asserts outcome is Approved {
  assert.equal(outcome.kind, 'approved', JSON.stringify(outcome.evidence));
}

export function assertDeclined(outcome: ProviderOutcome, code: string): void {
  assert.equal(outcome.kind, 'declined', JSON.stringify(outcome.evidence));
  assert.equal(outcome.decline.code, code);
}

export async function authorize(harness: ConformanceHarness): Promise<Authorized> {
  const request = anAuthorization(harness.tokens.approved);
  const outcome = await harness.provider.authorize(request);
  assertApproved(outcome);
  return { request, outcome };
}

/** What has an id at the provider. */
type Known = Pick<Approved, 'providerReference'>;

export function anOperation(
  { request, outcome }: { readonly request: AuthorizeRequest; readonly outcome: Known },
  amountMinor: bigint,
  final = false,
): OperationRequest {
  const reference = `op_${uuidv7()}`;
  const { providerReference } = outcome;
  const { reference: attemptReference, currency } = request;
  const attempt = { attemptReference, providerReference, currency };
  return { reference, idempotencyKey: `key_${reference}`, ...attempt, amountMinor, final };
}

/** What the core knows when it looks up: of an operation, always the attempt it belongs to. */
export function hintOf(kind: LookupKind, { providerReference }: Approved): LookupHint {
  return kind === 'authorize' ? {} : { providerReference };
}

async function movementsOf(harness: ConformanceHarness, reference: string): Promise<string[]> {
  const movements = await harness.listMovements();
  return movements
    .filter((movement) => movement.reference === reference)
    .map(({ operation, amount }) => `${operation} ${String(amount)}`);
}

export async function assertMovements(
  harness: ConformanceHarness,
  reference: string,
  expected: readonly string[],
): Promise<void> {
  assert.deepEqual(await movementsOf(harness, reference), expected);
}

/** Null: this provider cannot be asked. */
export async function lookUp(
  { provider }: ConformanceHarness,
  kind: LookupKind,
  reference: string,
  hint: LookupHint = {},
): Promise<ProviderOutcome | null> {
  if (provider.lookup === undefined) return null;
  const result = await provider.lookup(kind, reference, hint);
  assert.equal(result.kind, 'found');
  assert.equal(result.outcome.evidence.kind, 'lookup');
  return result.outcome;
}

/** Where it can be asked, the provider says the same again. */
export async function assertFoundDeclined(
  harness: ConformanceHarness,
  reference: string,
  code: string,
): Promise<void> {
  const found = await lookUp(harness, 'authorize', reference);
  if (found !== null) assertDeclined(found, code);
}

/** What became of an operation: by its reply, or by the event that the reply announces. */
export async function operate(
  harness: ConformanceHarness,
  kind: 'capture' | 'void' | 'refund',
  request: OperationRequest,
): Promise<ProviderOutcome> {
  const { provider } = harness;
  const outcome = await able(provider, kind)[kind](request);
  if (provider.contract.modifications === 'synchronous' || outcome.kind !== 'pending') {
    return outcome;
  }
  const told = await harness.told(kind, request.reference);
  assert.equal(told.evidence.kind, 'webhook');
  return told;
}

/** An operation's definite no. Events give their reasons in words, not all of which have a code. */
export function assertRefused(
  { provider }: ConformanceHarness,
  outcome: ProviderOutcome,
  code: string,
): void {
  if (provider.contract.modifications === 'synchronous') assertDeclined(outcome, code);
  else assert.equal(outcome.kind, 'declined', JSON.stringify(outcome.evidence));
}
