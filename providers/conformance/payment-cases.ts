/** Money moves as asked, and no further. */
import assert from 'node:assert/strict';
import { able } from '../../domain/provider.ts';
import {
  anAuthorization,
  anOperation,
  assertApproved,
  assertDeclined,
  assertFoundDeclined,
  assertMovements,
  assertRefused,
  authorize,
  hintOf,
  lookUp,
  operate,
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
      const found = await lookUp(harness, 'authorize', request.reference);
      if (found !== null) {
        assert.deepEqual({ ...found, evidence: null }, { ...outcome, evidence: null });
      }
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
      await assertFoundDeclined(harness, request.reference, 'insufficient_funds');
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
  {
    name: 'a challenge that we ask for is put to the shopper of a card that would be approved',
    appliesTo: (contract) => contract.challenges,
    async run(harness: ConformanceHarness): Promise<void> {
      const returnUrl = 'http://127.0.0.1:9/return';
      const { approved } = harness.tokens;
      const request = anAuthorization(approved, { returnUrl, challenge: true });
      const outcome = await harness.provider.authorize(request);
      assert.equal(outcome.kind, 'requires_action');
      await assertMovements(harness, request.reference, []);
    },
  },
];

export const operationCases: readonly ConformanceCase[] = [
  {
    name: 'no capture exceeds its authorization',
    async run(harness: ConformanceHarness): Promise<void> {
      const authorized = await authorize(harness);
      const tooMuch = await operate(harness, 'capture', anOperation(authorized, 1_001n));
      assertRefused(harness, tooMuch, 'capture_exceeds_authorization');
      const all = anOperation(authorized, 1_000n, true);
      assertApproved(await operate(harness, 'capture', all));
      const more = await operate(harness, 'capture', anOperation(authorized, 1n));
      assertRefused(harness, more, 'already_captured');
      await assertMovements(harness, all.reference, ['capture 1000']);
    },
  },
  {
    name: 'a second partial capture is taken exactly where the contract allows it',
    appliesTo: (contract) => contract.partialCapture,
    async run(harness: ConformanceHarness): Promise<void> {
      const authorized = await authorize(harness);
      assertApproved(await operate(harness, 'capture', anOperation(authorized, 400n)));
      const second = await operate(harness, 'capture', anOperation(authorized, 600n));
      if (harness.provider.contract.multipleCaptures) assertApproved(second);
      else assertRefused(harness, second, 'already_captured');
    },
  },
  {
    name: 'a voided authorization can be neither captured nor voided again',
    async run(harness: ConformanceHarness): Promise<void> {
      const authorized = await authorize(harness);
      const voided = anOperation(authorized, 1_000n, true);
      assertApproved(await operate(harness, 'void', voided));
      for (const kind of ['capture', 'void'] as const) {
        const again = await operate(harness, kind, anOperation(authorized, 1_000n));
        assertRefused(harness, again, 'already_voided');
      }
      await assertFoundDeclined(harness, authorized.request.reference, 'already_voided');
      await assertMovements(harness, voided.reference, ['void 1000']);
    },
  },
  {
    name: 'refunds never exceed what was captured, and are found by their reference',
    async run(harness: ConformanceHarness): Promise<void> {
      const authorized = await authorize(harness);
      const early = await operate(harness, 'refund', anOperation(authorized, 1n));
      assertRefused(harness, early, 'refund_exceeds_captured');
      assertApproved(await operate(harness, 'capture', anOperation(authorized, 1_000n, true)));
      const first = anOperation(authorized, 700n);
      assertApproved(await operate(harness, 'refund', first));
      const tooMuch = await operate(harness, 'refund', anOperation(authorized, 301n));
      assertRefused(harness, tooMuch, 'refund_exceeds_captured');
      const hint = hintOf('refund', authorized.outcome);
      const found = await lookUp(harness, 'refund', first.reference, hint);
      if (found !== null) assertApproved(found);
      await assertMovements(harness, first.reference, ['refund 700']);
    },
  },
  {
    name: 'a repeated operation is acknowledged again and done once',
    async run(harness: ConformanceHarness): Promise<void> {
      const authorized = await authorize(harness);
      const request = anOperation(authorized, 1_000n, true);
      const first = await able(harness.provider, 'capture').capture(request);
      assert.deepEqual(await able(harness.provider, 'capture').capture(request), first);
      assertApproved(await operate(harness, 'capture', request));
      await assertMovements(harness, request.reference, ['capture 1000']);
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
      const refused = await operate(harness, 'capture', anOperation(authorized, 1_000n));
      assert.equal(refused.kind, 'declined');
      await assertFoundDeclined(harness, authorized.request.reference, 'authorization_expired');
    },
  },
];
