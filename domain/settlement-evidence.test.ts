/** What a settlement file proves, and what its silence does not. */
import { describe, expect, test } from '@jest/globals';
import { aContract, anAttempt, anOperation, now } from '../test/support/payments.ts';
import type { AttemptState, OperationState } from './payment-state.ts';
import type { ProviderContract } from './provider.ts';
import {
  spanOf,
  statedAbsent,
  statedDone,
  type SettlementEvidence,
  type SettlementSays,
} from './settlement-evidence.ts';

const day = 24 * 3_600_000;
const never = aContract({ absenceFinalAfterMs: null });
const silent: SettlementEvidence = {
  statements: [],
  isStated: false,
  covered: ['captured', 'refunded'],
  files: ['stf_1', 'stf_2', 'stf_3'],
};

function saying(says: SettlementSays, amount = 10_000n): SettlementEvidence {
  const movement = { says, amount, currency: 'USD', providerReference: 'cedar_7' };
  return { ...silent, isStated: true, statements: [{ fileId: 'stf_1', line: 3, ...movement }] };
}

const sale = anAttempt({ kind: 'sale' });
const authorization = anAttempt({ kind: 'authorize' });
const capture = anOperation({ kind: 'capture' });
const refund = anOperation({ kind: 'refund' });
const voided = anOperation({ kind: 'void' });
const increment = anOperation({ kind: 'increment' });

describe('listed', () => {
  test.each<[string, AttemptState | OperationState, SettlementSays, boolean]>([
    ['a sale', sale, 'captured', true],
    ['an authorization', authorization, 'authorized', false],
    ['a capture', capture, 'captured', false],
    ['a refund', refund, 'refunded', false],
    ['a void', voided, 'voided', false],
  ])('%s was done', (_, subject, says, isSale) => {
    expect(statedDone(subject, saying(says, 70n), 'cedar')).toEqual({
      ...{ kind: 'approved', providerReference: 'cedar_7', amountMinor: 70n, currency: 'USD' },
      captured: isSale,
      evidence: {
        ...{ kind: 'settlement', provider: 'cedar', providerReference: 'cedar_7' },
        detail: `stf_1 line 3: ${says}`,
      },
    });
  });

  test.each<[string, AttemptState | OperationState, SettlementSays]>([
    ['a sale that is only authorized', sale, 'authorized'],
    ['an authorization that is captured', authorization, 'captured'],
    ['a refund that is captured', refund, 'captured'],
    ['an increment', increment, 'authorized'],
  ])('as something else, %s is not said to be done', (_, subject, says) => {
    expect(statedDone(subject, saying(says), 'cedar')).toBeNull();
    // Nor is it absent.
    expect(statedAbsent(subject, never, saying(says))).toBeNull();
  });
});

describe('silence', () => {
  test('over all it must be listed in, where lookups never are final, is absence', () => {
    expect(statedAbsent(sale, never, silent)).toEqual({
      ...{ kind: 'settlement', provider: 'alder' },
      detail: 'in none of stf_1, stf_2, stf_3, which list what was captured',
    });
    expect(statedAbsent(capture, never, silent)).not.toBeNull();
    expect(statedAbsent(refund, never, silent)).not.toBeNull();
  });

  test.each<[string, AttemptState | OperationState, ProviderContract, Partial<SettlementEvidence>]>(
    [
      ['with a gap', sale, never, { covered: [] }],
      ['of files that list other things', refund, never, { covered: ['captured'] }],
      ['of files that list no authorizations, about one', authorization, never, {}],
      ['of files that list no voids, about one', voided, never, {}],
      ['about an increment, which nobody lists', increment, never, {}],
      ['now that the line is handled', sale, never, { isStated: true }],
      ['where lookups can be final', sale, aContract({ absenceFinalAfterMs: 20_000 }), {}],
    ],
  )('%s proves nothing', (_, subject, contract, evidence) => {
    expect(statedAbsent(subject, contract, { ...silent, ...evidence })).toBeNull();
  });

  test('must last from before it was sent until two cycles after it may have arrived', () => {
    const contract = aContract({ settlingMs: 5_000, settlementCycleMs: 7 * day });
    const sent = anOperation({ createdAt: now - day, sendBy: now });
    expect(spanOf(sent, contract)).toEqual({ from: now - day, to: now + 5_000 + 14 * day });
  });
});
