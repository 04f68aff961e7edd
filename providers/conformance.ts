/**
 * What every provider adapter must do, whoever is behind it: the port's promises, tried against a
 * running provider. A list of cases, so that any test runner can carry it out.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type {
  Approved,
  AuthorizeRequest,
  OperationRequest,
  Provider,
  ProviderContract,
  ProviderOutcome,
} from '../domain/provider.ts';

export interface ConformanceMovement {
  readonly reference: string;
  readonly operation: string;
  readonly amount: number;
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
  /** What really happened at the provider. */
  listMovements(): Promise<readonly ConformanceMovement[]>;
  advanceClock(durationMs: number): Promise<void>;
}

export interface ConformanceCase {
  readonly name: string;
  /** Absent: every provider. */
  appliesTo?(contract: ProviderContract): boolean;
  run(harness: ConformanceHarness): Promise<void>;
}

function anAuthorization(token: string, changes: Partial<AuthorizeRequest> = {}): AuthorizeRequest {
  const reference = `att_${randomUUID()}`;
  const idempotencyKey = `key_${reference}`;
  const money = { amountMinor: 1_000n, currency: 'EUR' } as const;
  return { reference, idempotencyKey, ...money, token, capture: false, ...changes };
}

interface Authorized {
  readonly request: AuthorizeRequest;
  readonly outcome: Approved;
}

function assertApproved(outcome: ProviderOutcome): asserts outcome is Approved {
  assert.equal(outcome.kind, 'approved', JSON.stringify(outcome.evidence));
}

function assertDeclined(outcome: ProviderOutcome, code: string): void {
  assert.equal(outcome.kind, 'declined', JSON.stringify(outcome.evidence));
  assert.equal(outcome.decline.code, code);
}

async function authorize(harness: ConformanceHarness): Promise<Authorized> {
  const request = anAuthorization(harness.tokens.approved);
  const outcome = await harness.provider.authorize(request);
  assertApproved(outcome);
  return { request, outcome };
}

function anOperation(
  { request, outcome }: Authorized,
  amountMinor: bigint,
  final = false,
): OperationRequest {
  const reference = `op_${randomUUID()}`;
  const { providerReference, currency } = outcome;
  const attempt = { attemptReference: request.reference, providerReference, currency };
  return { reference, idempotencyKey: `key_${reference}`, ...attempt, amountMinor, final };
}

async function movementsOf(harness: ConformanceHarness, reference: string): Promise<string[]> {
  const movements = await harness.listMovements();
  return movements
    .filter((movement) => movement.reference === reference)
    .map(({ operation, amount }) => `${operation} ${String(amount)}`);
}

async function assertMovements(
  harness: ConformanceHarness,
  reference: string,
  expected: readonly string[],
): Promise<void> {
  assert.deepEqual(await movementsOf(harness, reference), expected);
}

async function lookUp(harness: ConformanceHarness, reference: string): Promise<ProviderOutcome> {
  const result = await harness.provider.lookup('authorize', reference);
  assert.equal(result.kind, 'found');
  assert.equal(result.outcome.evidence.kind, 'lookup');
  return result.outcome;
}

const authorizing: readonly ConformanceCase[] = [
  {
    name: 'an authorization reserves what was asked for, and its lookup says the same',
    async run(harness) {
      const { request, outcome } = await authorize(harness);
      assert.equal(outcome.amountMinor, request.amountMinor);
      assert.equal(outcome.currency, request.currency);
      assert.equal(outcome.captured, false);
      const { evidence, ...said } = outcome;
      assert.equal(evidence.provider, harness.provider.contract.name);
      const { evidence: _, ...found } = { ...(await lookUp(harness, request.reference)) };
      assert.deepEqual(found, said);
      await assertMovements(harness, request.reference, ['authorize 1000']);
    },
  },
  {
    name: 'a sale authorizes and captures in one call',
    appliesTo: (contract) => contract.sale,
    async run(harness) {
      const request = anAuthorization(harness.tokens.approved, { capture: true });
      const outcome = await harness.provider.authorize(request);
      assertApproved(outcome);
      assert.equal(outcome.captured, true);
      await assertMovements(harness, request.reference, ['authorize 1000', 'capture 1000']);
    },
  },
  {
    name: 'a sale never leaves for a provider that has none',
    appliesTo: (contract) => !contract.sale,
    async run(harness) {
      const request = anAuthorization(harness.tokens.approved, { capture: true });
      assert.equal((await harness.provider.authorize(request)).kind, 'not_sent');
      await assertMovements(harness, request.reference, []);
    },
  },
  {
    name: 'a decline is definite, normalised, and found again',
    async run(harness) {
      const request = anAuthorization(harness.tokens.insufficientFunds);
      assertDeclined(await harness.provider.authorize(request), 'insufficient_funds');
      assertDeclined(await lookUp(harness, request.reference), 'insufficient_funds');
      await assertMovements(harness, request.reference, []);
    },
  },
  {
    name: 'a challenge asks for the shopper and moves nothing yet',
    async run(harness) {
      const returnUrl = 'http://127.0.0.1:9/return';
      const request = anAuthorization(harness.tokens.challenge, { returnUrl });
      const outcome = await harness.provider.authorize(request);
      assert.equal(outcome.kind, 'requires_action');
      assert.match(outcome.redirectUrl, /^https?:\/\//);
      await assertMovements(harness, request.reference, []);
    },
  },
];

const repeating: readonly ConformanceCase[] = [
  {
    name: 'the same key twice moves money once and says the same',
    async run(harness) {
      const { request, outcome } = await authorize(harness);
      assert.deepEqual(await harness.provider.authorize(request), outcome);
      await assertMovements(harness, request.reference, ['authorize 1000']);
    },
  },
  {
    name: 'the same key for another amount is unknown, and moves nothing more',
    async run(harness) {
      const { request } = await authorize(harness);
      const other = await harness.provider.authorize({ ...request, amountMinor: 999n });
      assert.equal(other.kind, 'unknown');
      await assertMovements(harness, request.reference, ['authorize 1000']);
    },
  },
  {
    name: 'a key is forgotten after its life: the same call is new money',
    async run(harness) {
      const { request } = await authorize(harness);
      await harness.advanceClock(harness.provider.contract.keyLifeMs + 1_000);
      assertApproved(await harness.provider.authorize(request));
      await assertMovements(harness, request.reference, ['authorize 1000', 'authorize 1000']);
    },
  },
];

const doubting: readonly ConformanceCase[] = [
  {
    name: 'a lost reply is unknown; lookup and resend under the same key tell the truth',
    async run(harness) {
      const request = anAuthorization(harness.tokens.lostReply);
      assert.equal((await harness.provider.authorize(request)).kind, 'unknown');
      assertApproved(await lookUp(harness, request.reference));
      assertApproved(await harness.provider.authorize(request));
      await assertMovements(harness, request.reference, ['authorize 1000']);
    },
  },
  {
    name: 'an error reply is unknown, not declined',
    async run(harness) {
      const request = anAuthorization(harness.tokens.serverError);
      assert.equal((await harness.provider.authorize(request)).kind, 'unknown');
    },
  },
  {
    name: 'where nobody listens nothing was sent, and a lookup says nothing',
    async run({ unreachable, tokens }) {
      const request = anAuthorization(tokens.approved);
      assert.equal((await unreachable.authorize(request)).kind, 'not_sent');
      assert.equal((await unreachable.lookup('authorize', request.reference)).kind, 'no_answer');
    },
  },
  {
    name: 'what never arrived is absent, whatever kind it would have been',
    async run({ provider }) {
      for (const kind of ['authorize', 'capture', 'void', 'refund'] as const) {
        assert.equal((await provider.lookup(kind, `none_${randomUUID()}`)).kind, 'absent');
      }
    },
  },
  {
    name: 'an unsigned webhook is not ours',
    async run({ provider }) {
      const body = Buffer.from('{"id":"evt_1","type":"x","reference":"att_1"}');
      assert.equal(provider.readWebhook(body, { 'webhook-id': 'evt_1' }), null);
    },
  },
];

const operating: readonly ConformanceCase[] = [
  {
    name: 'no capture exceeds its authorization',
    async run(harness) {
      const authorized = await authorize(harness);
      const tooMuch = anOperation(authorized, 1_001n);
      assertDeclined(await harness.provider.capture(tooMuch), 'capture_exceeds_authorization');
      const all = anOperation(authorized, 1_000n, true);
      assertApproved(await harness.provider.capture(all));
      const more = anOperation(authorized, 1n);
      assertDeclined(await harness.provider.capture(more), 'already_captured');
      await assertMovements(harness, all.reference, ['capture 1000']);
    },
  },
  {
    name: 'a second partial capture is taken exactly where the contract allows it',
    appliesTo: (contract) => contract.partialCapture,
    async run(harness) {
      const authorized = await authorize(harness);
      assertApproved(await harness.provider.capture(anOperation(authorized, 400n)));
      const second = await harness.provider.capture(anOperation(authorized, 600n));
      if (harness.provider.contract.multipleCaptures) assertApproved(second);
      else assertDeclined(second, 'already_captured');
    },
  },
  {
    name: 'a voided authorization can be neither captured nor voided again',
    async run(harness) {
      const authorized = await authorize(harness);
      const voided = anOperation(authorized, 1_000n, true);
      assertApproved(await harness.provider.void(voided));
      const { provider } = harness;
      assertDeclined(await provider.capture(anOperation(authorized, 1_000n)), 'already_voided');
      assertDeclined(await provider.void(anOperation(authorized, 1_000n)), 'already_voided');
      assertDeclined(await lookUp(harness, authorized.request.reference), 'already_voided');
      await assertMovements(harness, voided.reference, ['void 1000']);
    },
  },
  {
    name: 'refunds never exceed what was captured, and are found by their reference',
    async run(harness) {
      const authorized = await authorize(harness);
      const { provider } = harness;
      const early = anOperation(authorized, 1n);
      assertDeclined(await provider.refund(early), 'refund_exceeds_captured');
      assertApproved(await provider.capture(anOperation(authorized, 1_000n, true)));
      const first = anOperation(authorized, 700n);
      assertApproved(await provider.refund(first));
      assertDeclined(
        await provider.refund(anOperation(authorized, 301n)),
        'refund_exceeds_captured',
      );
      const found = await provider.lookup('refund', first.reference);
      assert.equal(found.kind === 'found' && found.outcome.kind, 'approved');
      await assertMovements(harness, first.reference, ['refund 700']);
    },
  },
  {
    name: 'an authorization past its life cannot be captured',
    async run(harness) {
      const authorized = await authorize(harness);
      await harness.advanceClock(harness.provider.contract.authorizationLifeMs + 1_000);
      const late = anOperation(authorized, 1_000n);
      assertDeclined(await harness.provider.capture(late), 'authorization_expired');
      assertDeclined(await lookUp(harness, authorized.request.reference), 'authorization_expired');
    },
  },
];

const fencing: readonly ConformanceCase[] = [
  {
    name: 'a fence refuses what arrives after it, as often as it is asked',
    appliesTo: (contract) => contract.voidByReference,
    async run(harness) {
      const request = anAuthorization(harness.tokens.approved);
      for (const _ of [1, 2]) {
        const fenced = await harness.provider.voidByReference(request.reference);
        assert.equal(fenced.kind, 'confirmed');
      }
      assertDeclined(await harness.provider.authorize(request), 'reference_voided');
      assertDeclined(await lookUp(harness, request.reference), 'reference_voided');
      await assertMovements(harness, request.reference, []);
    },
  },
  {
    name: 'a fence voids what is authorized and refuses what is captured',
    appliesTo: (contract) => contract.voidByReference,
    async run(harness) {
      const { provider } = harness;
      const open = await authorize(harness);
      assert.equal((await provider.voidByReference(open.request.reference)).kind, 'confirmed');
      await assertMovements(harness, open.request.reference, ['authorize 1000', 'void 1000']);
      assertDeclined(await lookUp(harness, open.request.reference), 'reference_voided');
      const taken = await authorize(harness);
      assertApproved(await provider.capture(anOperation(taken, 1n)));
      assert.equal((await provider.voidByReference(taken.request.reference)).kind, 'refused');
    },
  },
  {
    name: 'without a fence in the contract, asking for one is refused and changes nothing',
    appliesTo: (contract) => !contract.voidByReference,
    async run(harness) {
      const { request } = await authorize(harness);
      const { provider } = harness;
      assert.equal((await provider.voidByReference(request.reference)).kind, 'refused');
      assertApproved(await lookUp(harness, request.reference));
    },
  },
];

const allCases = [...authorizing, ...repeating, ...doubting, ...operating, ...fencing];

export function listConformanceCases(contract: ProviderContract): readonly ConformanceCase[] {
  return allCases.filter(({ appliesTo }) => appliesTo?.(contract) ?? true);
}
