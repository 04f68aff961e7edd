/** What rules, lists, score, appetite and attacks make of a payment together; and what is possible of it. */
import { describe, expect, test } from '@jest/globals';
import { assess, assessBlind, scoreAction, type Assessment, type Policy } from './assessment.ts';
import { possible } from './demands.ts';
import { noLists } from './lists.ts';
import type { RiskAction, RiskRule } from './rules.ts';
import type { RiskSettings } from './settings.ts';
import type { Tightening } from './tightening.ts';

const always = (action: RiskAction): RiskRule => ({
  ...{ id: `always_${action}`, priority: 1, action, note: 'n' },
  when: { fact: 'amount', op: '>', value: 0 },
});
const policy = (rules: readonly RiskRule[], settings: RiskSettings = {}): Policy => ({
  settings,
  sets: [
    { scope: 'global', version: 3, rules: [] },
    { scope: 'merchant', version: 7, rules },
  ],
});
const facts = { amount: 100 };
const attack: Tightening = {
  ...{ action: 'block', list: 'block', entity: 'device', value: '1', expiresInMs: 1 },
  ...{ detector: 'many_cards', reason: 'cards_1h 9' },
};

function judged(of: Policy, probability: number, attacks: readonly Tightening[] = []): Assessment {
  const reasons = [
    { feature: 'amount', value: 100, contribution: 2 },
    { feature: 'is_night', value: 0, contribution: -1 },
  ];
  const score = { probability, logOdds: 0, base: 0, reasons };
  return assess({ policy: of, facts, lists: noLists, modelVersion: 'm', score, shadows: [], attacks, onAttack: 'tighten' }); // prettier-ignore
}

describe('the appetite', () => {
  const settings = { appetite: { challenge: 0.1, review: 0.3, block: 0.8 } };
  test.each([
    [0.09, 'allow'],
    [0.1, 'challenge'],
    [0.3, 'review'],
    [0.79, 'review'],
    [0.8, 'block'],
    [1, 'block'],
  ] as const)('at %d is %s', (probability, action) => {
    expect(scoreAction(settings, probability)).toBe(action);
  });

  test('says nothing by itself where nothing is said', () => {
    expect(scoreAction({}, 1)).toBe('allow');
    expect(scoreAction({ appetite: { review: null, block: 0.9 } }, 0.5)).toBe('allow');
  });
});

test.each([
  [null, 0.2, 'challenge', 'score'],
  ['review', 0.2, 'review', 'rule'],
  ['challenge', 0.9, 'block', 'score'],
  ['allow', 0.9, 'allow', 'rule'],
  ['block', 0, 'block', 'rule'],
  [null, 0, 'allow', 'feature'],
] as const)('a rule that says %s and a score of %d: %s', (rule, probability, outcome, first) => {
  const settings = { appetite: { challenge: 0.1, block: 0.5 } };
  const found = judged(policy(rule === null ? [] : [always(rule)], settings), probability);
  expect([found.outcome, found.reasons[0]?.kind]).toEqual([outcome, first]);
  expect(found).toMatchObject({ globalRulesVersion: 3, merchantRulesVersion: 7, mode: 'scored' });
  // Only what speaks for fraud is named.
  const named = found.reasons.flatMap((r) => (r.kind === 'feature' ? [r.feature] : []));
  expect(named).toEqual(['amount']);
});

describe('an attack', () => {
  test('is stricter than a score that sees nothing', () => {
    const found = judged(policy([]), 0, [attack]);
    expect([found.outcome, found.reasons[0]?.kind]).toEqual(['block', 'attack']);
  });

  test('is only told of where the merchant wants no more', () => {
    const found = judged(policy([], { on_attack: 'observe' }), 0, [attack]);
    expect([found.outcome, found.tightenings]).toEqual(['allow', []]);
    expect(found.reasons).toContainEqual(expect.objectContaining({ kind: 'attack', action: 'allow' })); // prettier-ignore
  });

  test('does not make a block laxer', () => {
    const found = judged(policy([always('block')]), 0, [
      { ...attack, action: 'challenge', list: 'challenge' },
    ]);
    expect([found.outcome, found.reasons[0]?.kind]).toEqual(['block', 'rule']);
  });

  test('does not stop whoever is allowed by name, and is kept all the same', () => {
    const found = judged(policy([always('allow')]), 0, [attack]);
    expect([found.outcome, found.tightenings]).toEqual(['allow', [attack]]);
  });
});

test.each([
  [undefined, null, 'allow'],
  [undefined, 'block', 'block'],
  ['challenge', null, 'challenge'],
  ['challenge', 'block', 'block'],
  // What was not looked up speaks for nobody.
  ['challenge', 'allow', 'challenge'],
  ['block', 'allow', 'block'],
  ['allow_with_rules', 'review', 'review'],
] as const)('blind, wanting %s, with a rule that says %s: %s', (mode, rule, outcome) => {
  const settings = mode === undefined ? {} : { on_failure: mode };
  const found = assessBlind(policy(rule === null ? [] : [always(rule)], settings), facts, 'slow');
  expect(found).toMatchObject({ outcome, score: null, failReason: 'slow' });
  expect(found.mode).toBe(mode ?? 'allow_with_rules');
});

test.each([
  ['challenge', 'card', false, 100n, [true], 'challenge', null],
  ['challenge', 'card', false, 100n, [false], 'review', 'providers'],
  ['challenge', 'card', true, 100n, [true], 'review', 'off_session'],
  ['challenge', 'bank_debit', false, 100n, [true], 'block', 'method'],
  ['review', 'wallet', false, 100n, [true], 'review', null],
  ['review', 'card', false, 0n, [true], 'block', 'nothing_to_hold'],
  ['review', 'bank_redirect', false, 100n, [true], 'block', 'method'],
  ['allow', 'bank_redirect', false, 0n, [], 'allow', null],
  ['block', 'card', false, 100n, [true], 'block', null],
] as const)(
  '%s of %s, off session %s, of %d, where providers challenge %j: %s',
  (wanted, type, offSession, amount, challenges, outcome, because) => {
    const payment = { paymentMethod: { type }, offSession, amount };
    const before = judged(policy([always(wanted)]), 0);
    const found = possible(payment, before, challenges.map((c) => ({ challenges: c }))); // prettier-ignore
    expect(found.outcome).toBe(outcome);
    expect(found.reasons[0]).toMatchObject(
      because === null ? {} : { kind: 'not_possible', because },
    );
  },
);
