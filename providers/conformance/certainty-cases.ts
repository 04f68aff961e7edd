/** Repeats, lost replies, absence and fences: what may be concluded, and what not. */
import assert from 'node:assert/strict';
import { v7 as uuidv7 } from 'uuid';
import { able } from '../../domain/provider.ts';
import { checkCapabilities } from '../capabilities.ts';
import {
  anAuthorization,
  anOperation,
  assertApproved,
  assertDeclined,
  assertFoundDeclined,
  assertMovements,
  authorize,
  hintOf,
  lookUp,
  takesCards,
} from './harness.ts';
import type { ConformanceCase, ConformanceHarness } from './harness.ts';

export const keyCases: readonly ConformanceCase[] = [
  {
    name: 'the same key twice moves money once and says the same',
    appliesTo: takesCards,
    async run(harness: ConformanceHarness): Promise<void> {
      const { request, outcome } = await authorize(harness);
      assert.deepEqual(await harness.provider.authorize(request), outcome);
      await assertMovements(harness, request.reference, ['authorize 1000']);
    },
  },
  {
    name: 'the same key for another amount is unknown, and moves nothing more',
    appliesTo: takesCards,
    async run(harness: ConformanceHarness): Promise<void> {
      const { request } = await authorize(harness);
      const other = await harness.provider.authorize({ ...request, amountMinor: 999n });
      assert.equal(other.kind, 'unknown');
      await assertMovements(harness, request.reference, ['authorize 1000']);
    },
  },
  {
    name: 'a key is forgotten after its life: the same call is new money',
    appliesTo: takesCards,
    async run(harness: ConformanceHarness): Promise<void> {
      const { request } = await authorize(harness);
      await harness.advanceClock(harness.provider.contract.keyLifeMs + 1_000);
      assertApproved(await harness.provider.authorize(request));
      await assertMovements(harness, request.reference, ['authorize 1000', 'authorize 1000']);
    },
  },
];

export const doubtCases: readonly ConformanceCase[] = [
  {
    name: 'a lost reply is unknown; lookup or event, and a resend under the same key, tell the truth',
    appliesTo: takesCards,
    async run(harness: ConformanceHarness): Promise<void> {
      const request = anAuthorization(harness.tokens.lostReply);
      assert.equal((await harness.provider.authorize(request)).kind, 'unknown');
      const { reference } = request;
      const found = await lookUp(harness, 'authorize', reference);
      assertApproved(found ?? (await harness.told('authorize', reference)));
      assertApproved(await harness.provider.authorize(request));
      await assertMovements(harness, request.reference, ['authorize 1000']);
    },
  },
  {
    name: 'an error reply is unknown, not declined',
    async run(harness: ConformanceHarness): Promise<void> {
      const request = anAuthorization(harness.tokens.serverError, harness.asking);
      assert.equal((await harness.provider.authorize(request)).kind, 'unknown');
    },
  },
  {
    name: 'where nobody listens nothing was sent, and a lookup says nothing',
    async run({ unreachable, tokens, asking }: ConformanceHarness): Promise<void> {
      const request = anAuthorization(tokens.approved, asking);
      assert.equal((await unreachable.authorize(request)).kind, 'not_sent');
      const { lookup } = unreachable;
      if (lookup === undefined) return;
      assert.equal((await lookup('authorize', request.reference)).kind, 'no_answer');
    },
  },
  {
    name: 'what never arrived is absent, whatever kind it would have been',
    appliesTo: (contract) => contract.lookup && takesCards(contract),
    async run(harness: ConformanceHarness): Promise<void> {
      const { provider } = harness;
      const { outcome } = await authorize(harness);
      for (const kind of ['authorize', 'capture', 'void', 'refund'] as const) {
        assert.equal(
          (await able(provider, 'lookup').lookup(kind, `none_${uuidv7()}`, hintOf(kind, outcome)))
            .kind,
          'absent',
        );
      }
    },
  },
  {
    name: 'an unsigned webhook is not ours',
    async run({ provider }: ConformanceHarness): Promise<void> {
      const body = Buffer.from('{"id":"evt_1","type":"x","reference":"att_1"}');
      assert.equal(provider.readWebhook(body, { 'webhook-id': 'evt_1' }), null);
    },
  },
];

export const fenceCases: readonly ConformanceCase[] = [
  {
    name: 'a fence refuses what arrives after it, as often as it is asked',
    appliesTo: (contract) => contract.voidByReference,
    async run(harness: ConformanceHarness): Promise<void> {
      const request = anAuthorization(harness.tokens.approved, harness.asking);
      const fenced = await able(harness.provider, 'voidByReference').voidByReference(
        request.reference,
      );
      assert.equal(fenced.kind, 'confirmed');
      assert.deepEqual(
        await able(harness.provider, 'voidByReference').voidByReference(request.reference),
        fenced,
      );
      assertDeclined(await harness.provider.authorize(request), 'reference_voided');
      await assertFoundDeclined(harness, request.reference, 'reference_voided');
      await assertMovements(harness, request.reference, []);
    },
  },
  {
    name: 'a fence voids what is authorized and refuses what is captured',
    appliesTo: (contract) => contract.voidByReference && takesCards(contract),
    async run(harness: ConformanceHarness): Promise<void> {
      const { provider } = harness;
      const open = await authorize(harness);
      assert.equal(
        (await able(provider, 'voidByReference').voidByReference(open.request.reference)).kind,
        'confirmed',
      );
      assertDeclined(await provider.authorize(open.request), 'reference_voided');
      await assertMovements(harness, open.request.reference, ['authorize 1000', 'void 1000']);
      await assertFoundDeclined(harness, open.request.reference, 'reference_voided');
      const taken = await authorize(harness);
      assertApproved(await able(provider, 'capture').capture(anOperation(taken, 1n)));
      assert.equal(
        (await able(provider, 'voidByReference').voidByReference(taken.request.reference)).kind,
        'refused',
      );
    },
  },
  {
    name: 'can do what its contract says, and nothing else',
    run({ provider, unreachable }: ConformanceHarness): Promise<void> {
      assert.deepEqual([provider, unreachable].flatMap(checkCapabilities), []);
      return Promise.resolve();
    },
  },
];
