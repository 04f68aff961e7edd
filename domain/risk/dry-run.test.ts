import { expect, test } from '@jest/globals';
import { dryRun, type PastDecision } from './dry-run.ts';
import { noLists } from './lists.ts';
import type { RiskAction, RiskRule, RuleSet } from './rules.ts';

const rule = (id: string, country: string, action: RiskAction, priority = 1): RiskRule => ({
  ...{ id, priority, action, note: '' },
  when: { fact: 'country', op: '=', value: country },
});
const past = (country: string | null, more: Partial<PastDecision> = {}): PastDecision => ({
  ...{
    merchantId: 'mer_1',
    facts: { country },
    lists: noLists,
    scoreAction: null,
    disputed: false,
  },
  ...more,
});
const inForce = (...rules: readonly RiskRule[]): (() => readonly RuleSet[]) => {
  const sets: readonly RuleSet[] = [
    { scope: 'global', version: 3, rules: [] },
    { scope: 'merchant', version: 2, rules },
  ];
  return () => sets;
};

test('hits, changes and disputes are counted by what the draft alone changes', () => {
  const draft = [rule('fr', 'FR', 'block', 5), rule('fr too', 'FR', 'review'), rule('de', 'DE', 'allow')]; // prettier-ignore
  const result = dryRun({ scope: 'merchant', rules: draft }, inForce(rule('de', 'DE', 'block')), [
    past('FR'),
    past('FR', { disputed: true }),
    past('DE'),
    past('DE', { disputed: true, scoreAction: 'review' }),
    past('US', { disputed: true }),
    past(null, { scoreAction: 'challenge', disputed: true }),
  ]);
  expect(result).toEqual({
    decisions: 6,
    rules: [
      { id: 'fr', hits: 2, decided: 2, disputedHits: 1 },
      { id: 'fr too', hits: 2, decided: 0, disputedHits: 1 },
      { id: 'de', hits: 2, decided: 2, disputedHits: 1 },
    ],
    changes: [
      { from: 'allow', to: 'block', count: 2 },
      { from: 'block', to: 'allow', count: 2 },
    ],
    // The one by score is caught both times, the one of the US neither time.
    disputes: { total: 4, caughtBefore: 2, caughtAfter: 2 },
  });
});

test('the other scope stands beside a draft, and decides where it is stricter', () => {
  const { rules, changes } = dryRun(
    { scope: 'global', rules: [rule('a', 'FR', 'challenge')] },
    inForce(rule('own', 'FR', 'block')),
    [past('FR')],
  );
  expect([rules, changes]).toEqual([[{ id: 'a', hits: 1, decided: 0, disputedHits: 0 }], []]);
});

test('of nothing it says that it was nothing', () => {
  expect(dryRun({ scope: 'merchant', rules: [rule('a', 'FR', 'block')] }, inForce(), [])).toMatchObject({ decisions: 0, rules: [{ hits: 0 }] }); // prettier-ignore
});
