/** Money moves as asked, and no further. */
import assert from 'node:assert/strict';
import { able } from '../../domain/provider.ts';
import {
  anAuthorization,
  anOperation,
  assertApproved,
  assertDeclined,
  assertMovements,
  authorize,
  hintOf,
  lookUp,
} from './harness.ts';
import type { ConformanceCase, ConformanceHarness } from './harness.ts';

export const authorizationCases: readonly ConformanceCase[] = [
  {
    name: 'an authorization reserves what was asked for, and its lookup says the same',
    async run(harness: ConformanceHarness): Promise<void> {
      const { request, outcome } = await authorize(harness);
      assert.equal(outcome.amountMinor, request.amountMinor);
      assert.equal(outcome.currency, request.currency);
      assert.equal(outcome.captured, false);
      assert.equal(outcome.evidence.provider, harness.provider.contract.name);
      const found = await lookUp(harness, request.reference);
      assert.deepEqual({ ...found, evidence: null }, { ...outcome, evidence: null });
      await assertMovements(harness, request.reference, ['authorize 1000']);
    },
  },
  {
    name: 'a sale authorizes and captures in one call',
    appliesTo: (contract) => contract.sale,
    async run(harness: ConformanceHarness): Promise<void> {
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
    async run(harness: ConformanceHarness): Promise<void> {
      const request = anAuthorization(harness.tokens.approved, { capture: true });
      assert.equal((await harness.provider.authorize(request)).kind, 'not_sent');
      await assertMovements(harness, request.reference, []);
    },
  },
  {
    name: 'a decline is definite, normalised, and found again',
    async run(harness: ConformanceHarness): Promise<void> {
      const request = anAuthorization(harness.tokens.insufficientFunds);
      assertDeclined(await harness.provider.authorize(request), 'insufficient_funds');
      assertDeclined(await lookUp(harness, request.reference), 'insufficient_funds');
      await assertMovements(harness, request.reference, []);
    },
  },
  {
    name: 'a challenge asks for the shopper and moves nothing yet',
    async run(harness: ConformanceHarness): Promise<void> {
      const returnUrl = 'http://127.0.0.1:9/return';
      const request = anAuthorization(harness.tokens.challenge, { returnUrl });
      const outcome = await harness.provider.authorize(request);
      assert.equal(outcome.kind, 'requires_action');
      assert.equal(outcome.action.type, 'redirect');
      assert.match(outcome.action.url, /^https?:\/\//);
      await assertMovements(harness, request.reference, []);
    },
  },
];

export const operationCases: readonly ConformanceCase[] = [
  {
    name: 'no capture exceeds its authorization',
    async run(harness: ConformanceHarness): Promise<void> {
      const authorized = await authorize(harness);
      const tooMuch = anOperation(authorized, 1_001n);
      assertDeclined(
        await able(harness.provider, 'capture').capture(tooMuch),
        'capture_exceeds_authorization',
      );
      const all = anOperation(authorized, 1_000n, true);
      assertApproved(await able(harness.provider, 'capture').capture(all));
      const more = anOperation(authorized, 1n);
      assertDeclined(await able(harness.provider, 'capture').capture(more), 'already_captured');
      await assertMovements(harness, all.reference, ['capture 1000']);
    },
  },
  {
    name: 'a second partial capture is taken exactly where the contract allows it',
    appliesTo: (contract) => contract.partialCapture,
    async run(harness: ConformanceHarness): Promise<void> {
      const authorized = await authorize(harness);
      assertApproved(
        await able(harness.provider, 'capture').capture(anOperation(authorized, 400n)),
      );
      const second = await able(harness.provider, 'capture').capture(anOperation(authorized, 600n));
      if (harness.provider.contract.multipleCaptures) assertApproved(second);
      else assertDeclined(second, 'already_captured');
    },
  },
  {
    name: 'a voided authorization can be neither captured nor voided again',
    async run(harness: ConformanceHarness): Promise<void> {
      const authorized = await authorize(harness);
      const voided = anOperation(authorized, 1_000n, true);
      assertApproved(await able(harness.provider, 'void').void(voided));
      const { provider } = harness;
      assertDeclined(
        await able(provider, 'capture').capture(anOperation(authorized, 1_000n)),
        'already_voided',
      );
      assertDeclined(
        await able(provider, 'void').void(anOperation(authorized, 1_000n)),
        'already_voided',
      );
      assertDeclined(await lookUp(harness, authorized.request.reference), 'already_voided');
      await assertMovements(harness, voided.reference, ['void 1000']);
    },
  },
  {
    name: 'refunds never exceed what was captured, and are found by their reference',
    async run(harness: ConformanceHarness): Promise<void> {
      const authorized = await authorize(harness);
      const { provider } = harness;
      const early = anOperation(authorized, 1n);
      assertDeclined(await able(provider, 'refund').refund(early), 'refund_exceeds_captured');
      assertApproved(
        await able(provider, 'capture').capture(anOperation(authorized, 1_000n, true)),
      );
      const first = anOperation(authorized, 700n);
      assertApproved(await able(provider, 'refund').refund(first));
      assertDeclined(
        await able(provider, 'refund').refund(anOperation(authorized, 301n)),
        'refund_exceeds_captured',
      );
      const found = await able(provider, 'lookup').lookup(
        'refund',
        first.reference,
        hintOf('refund', authorized.outcome),
      );
      assert.equal(found.kind === 'found' && found.outcome.kind, 'approved');
      await assertMovements(harness, first.reference, ['refund 700']);
    },
  },
  {
    name: 'an authorization past its life cannot be captured',
    async run(harness: ConformanceHarness): Promise<void> {
      const authorized = await authorize(harness);
      const { authorizationLifeMs, authorizationLifeByBrandMs } = harness.provider.contract;
      const lives = [authorizationLifeMs, ...Object.values(authorizationLifeByBrandMs)];
      await harness.advanceClock(Math.max(...lives) + 1_000);
      // Some issuers give no reason; the lookup does.
      const late = anOperation(authorized, 1_000n);
      const refused = await able(harness.provider, 'capture').capture(late);
      assert.equal(refused.kind, 'declined');
      assertDeclined(await lookUp(harness, authorized.request.reference), 'authorization_expired');
    },
  },
];
