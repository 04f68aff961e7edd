/** Money sent out of our account: on its way, arrived, refused or sent back, and found by our reference. */
import assert from 'node:assert/strict';
import { v7 as uuidv7 } from 'uuid';
import type { PayoutRequest } from '../../domain/provider-payouts.ts';
import type {
  LookupResult,
  ProviderContract,
  ProviderOutcome,
  VoidByReferenceResult,
} from '../../domain/provider.ts';
import { assertApproved, assertDeclined, assertMovements } from './harness.ts';
import type { ConformanceCase, ConformanceHarness } from './harness.ts';

const longMs = 30 * 24 * 3_600_000;

function aPayout(
  { payees }: ConformanceHarness,
  to: keyof NonNullable<typeof payees>,
): PayoutRequest {
  assert.ok(payees, 'the harness of a bank that pays has payees');
  const reference = `po_${uuidv7()}`;
  return {
    ...{ reference, idempotencyKey: `key_${reference}`, amountMinor: 1_000n },
    ...{ currency: 'EUR', account: payees[to] },
  };
}

function send({ provider }: ConformanceHarness, request: PayoutRequest): Promise<ProviderOutcome> {
  assert.ok(provider.payOut);
  return provider.payOut(request);
}

function look({ provider }: ConformanceHarness, reference: string): Promise<LookupResult> {
  assert.ok(provider.lookup);
  return provider.lookup('payout', reference);
}

async function found(harness: ConformanceHarness, reference: string): Promise<ProviderOutcome> {
  const result = await look(harness, reference);
  assert.equal(result.kind, 'found');
  return result.outcome;
}

function callOff(
  { provider }: ConformanceHarness,
  reference: string,
): Promise<VoidByReferenceResult> {
  assert.ok(provider.voidByReference);
  return provider.voidByReference(reference);
}

const cases: readonly Omit<ConformanceCase, 'appliesTo'>[] = [
  {
    name: 'a payout is on its way until it has arrived, once, also when it is sent again',
    async run(harness) {
      const request = aPayout(harness, 'good');
      assert.equal((await send(harness, request)).kind, 'pending');
      assert.equal((await send(harness, request)).kind, 'pending');
      await assertMovements(harness, request.reference, []);
      assert.equal((await found(harness, request.reference)).kind, 'pending');
      await harness.advanceClock(longMs);
      const arrived = await found(harness, request.reference);
      assertApproved(arrived);
      assert.deepEqual([arrived.amountMinor, arrived.currency], [1_000n, 'EUR']);
      await assertMovements(harness, request.reference, ['payout 1000']);
    },
  },
  {
    name: 'a payout to an account that is closed is a no, and stays one',
    async run(harness) {
      const request = aPayout(harness, 'closed');
      assertDeclined(await send(harness, request), 'account_closed');
      assertDeclined(await found(harness, request.reference), 'account_closed');
      await assertMovements(harness, request.reference, []);
    },
  },
  {
    name: 'a payout that is sent back is found declined, with that reason',
    async run(harness) {
      const request = aPayout(harness, 'returned');
      await send(harness, request);
      await harness.advanceClock(longMs);
      const outcome = await found(harness, request.reference);
      assert.ok(outcome.kind === 'declined' && outcome.decline.providerCode === 'payout_returned');
      const both = ['payout 1000', 'payout_return 1000'];
      await assertMovements(harness, request.reference, both);
    },
  },
  {
    name: 'a payout whose reply is lost is unknown, and found by our reference',
    async run(harness) {
      const request = aPayout(harness, 'lostReply');
      assert.equal((await send(harness, request)).kind, 'unknown');
      assert.equal((await found(harness, request.reference)).kind, 'pending');
    },
  },
  {
    name: 'a payout that nobody knows of is absent; called off it is refused when it comes late',
    async run(harness) {
      const request = aPayout(harness, 'good');
      assert.equal((await look(harness, request.reference)).kind, 'absent');
      assert.equal((await callOff(harness, request.reference)).kind, 'confirmed');
      assert.equal((await send(harness, request)).kind, 'declined');
      await harness.advanceClock(longMs);
      await assertMovements(harness, request.reference, []);
    },
  },
  {
    name: 'a payout that is on its way is not called off',
    async run(harness) {
      const request = aPayout(harness, 'good');
      await send(harness, request);
      assert.equal((await callOff(harness, request.reference)).kind, 'refused');
    },
  },
  {
    name: 'a payout that could not be sent says so, and no amount leaves rounded',
    async run(harness) {
      const request = aPayout(harness, 'good');
      const { unreachable } = harness;
      assert.equal((await unreachable.payOut?.(request))?.kind, 'not_sent');
      const huge = { ...request, amountMinor: 10n ** 18n };
      assert.equal((await send(harness, huge)).kind, 'not_sent');
    },
  },
];

export const payoutCases = cases.map((one): ConformanceCase => ({
  ...one,
  appliesTo: ({ payouts }: ProviderContract) => payouts,
}));
