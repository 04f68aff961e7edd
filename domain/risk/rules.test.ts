import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Facts } from './facts.ts';
import { noLists, type EntityKind, type ListMatch, type ListName, type RiskScope } from './lists.ts'; // prettier-ignore
import { applyRules, applyRuleSets, compareActions, outcomeOf, riskActions, type RiskAction, type RiskRule, type RuleSet } from './rules.ts'; // prettier-ignore

const facts: Facts = { amount: 900, currency: 'EUR', country: 'FR', email_domain: null };
const rule = (id: string, action: RiskAction, more: Partial<RiskRule> = {}): RiskRule => ({
  ...{ id, action, priority: 10, note: `note of ${id}` },
  when: { fact: 'country', op: '=', value: 'FR' },
  ...more,
});
const never = { fact: 'country', op: '=', value: 'DE' } as const;
const set = (scope: RiskScope, ...rules: readonly RiskRule[]): RuleSet => ({ scope, version: 1, rules }); // prettier-ignore
const listed = (
  list: ListName,
  entity: EntityKind = 'card',
  scope: RiskScope = 'merchant',
): ListMatch => ({ entryId: `${scope} ${list} ${entity}`, scope, list, entity, reason: 'seen' });

describe('of a set', () => {
  test('the highest priority decides, and all that hold are named', () => {
    const rules = [
      rule('low', 'block', { priority: 1 }),
      rule('high', 'allow', { priority: 20 }),
      rule('off', 'block', { priority: 99, when: never }),
    ];
    const { decides, matched } = applyRules(rules, facts, noLists);
    expect(decides?.id).toBe('high');
    expect(matched.map(({ id }) => id)).toEqual(['high', 'low']);
  });

  test('of two alike the stricter decides, then the name', () => {
    const rules = [rule('b', 'review'), rule('z', 'block'), rule('y', 'block'), rule('a', 'allow')];
    expect(applyRules(rules, facts, noLists).matched.map(({ id }) => id)).toEqual(['y', 'z', 'b', 'a']); // prettier-ignore
  });

  test('nothing decides where nothing holds', () => {
    expect(applyRules([rule('a', 'block', { when: never })], facts, noLists)).toEqual({ decides: null, matched: [] }); // prettier-ignore
  });

  test('who is not known is not let through by a rule about others', () => {
    const safe = { not: { fact: 'email_domain', op: 'in', value: ['bad.test'] } } as const;
    expect(applyRules([rule('a', 'allow', { when: safe })], facts, noLists).decides).toBeNull();
    expect(applyRules([rule('a', 'allow', { when: safe })], { ...facts, email_domain: 'good.test' }, noLists).decides?.id).toBe('a'); // prettier-ignore
  });
});

describe('of installation and merchant', () => {
  test.each<[RiskAction | null, RiskAction | null, RiskAction | null]>([
    [null, null, null],
    ['allow', null, 'allow'],
    [null, 'allow', 'allow'],
    ['allow', 'block', 'block'],
    ['block', 'allow', 'block'],
    ['challenge', 'allow', 'challenge'],
    ['challenge', 'review', 'review'],
  ])('%s and %s are %s', (global, merchant, expected) => {
    const of = (scope: RiskScope, action: RiskAction | null): RuleSet =>
      set(scope, ...(action === null ? [] : [rule(`of ${scope}`, action, { priority: scope === 'merchant' ? 999 : 1 })])); // prettier-ignore
    const sets = [of('global', global), of('merchant', merchant)];
    expect(applyRuleSets(sets, facts, noLists).decides?.action ?? null).toBe(expected);
  });

  test('a rule of the installation sees no list of a merchant, a rule of a merchant sees both', () => {
    const byList = rule('watched', 'block', { when: { in_list: 'watch' } });
    const asked = (rules: RuleSet, of: RiskScope): unknown =>
      applyRuleSets([rules], facts, { lookedUp: ['card'], matches: [listed('watch', 'card', of)] })
        .decides?.id;
    expect(asked(set('global', byList), 'merchant')).toBeUndefined();
    expect(asked(set('global', byList), 'global')).toBe('watched');
    expect(asked(set('merchant', byList), 'global')).toBe('watched');
  });
});

describe('lists and rules', () => {
  const decided = (matches: readonly ListMatch[], ...sets: readonly RuleSet[]): unknown =>
    applyRuleSets(sets, facts, { lookedUp: ['card'], matches }).decides?.id;

  test.each<[string, readonly ListMatch[], string | undefined]>([
    ['an entry decides alone', [listed('block')], 'merchant block card'],
    ['watch decides nothing', [listed('watch')], undefined],
    ['block beats allow', [listed('allow'), listed('block')], 'merchant block card'],
    ['block of an email beats allow of a card', [listed('allow'), listed('block', 'email')], 'merchant block email'], // prettier-ignore
    ['a card passes a blocked address', [listed('allow'), listed('block', 'ip')], 'merchant allow card'], // prettier-ignore
    ['an address does not pass a blocked address', [listed('allow', 'bin'), listed('block', 'ip')], 'merchant block ip'], // prettier-ignore
    ['a customer passes a merchant under attack', [listed('allow', 'customer'), listed('challenge', 'merchant')], 'merchant allow customer'], // prettier-ignore
    ['no card passes what all merchants block', [listed('allow'), listed('block', 'country', 'global')], 'global block country'], // prettier-ignore
    ['block beats challenge', [listed('challenge'), listed('block', 'ip')], 'merchant block ip'],
  ])('%s', (_, matches, expected) => {
    expect(decided(matches)).toBe(expected);
  });

  test.each<[ListName, RiskAction, string]>([
    ['allow', 'block', 'merchant allow card'],
    ['challenge', 'block', 'ours'],
    ['challenge', 'allow', 'merchant challenge card'],
    ['block', 'allow', 'merchant block card'],
  ])('on list %s, and a rule of the same scope says %s', (list, action, expected) => {
    expect(decided([listed(list)], set('merchant', rule('ours', action)))).toBe(expected);
  });

  test('whom one list allows and another challenges the rules are asked about as well', () => {
    const matches = [listed('allow'), listed('challenge', 'email')];
    expect(decided(matches)).toBe('merchant challenge email');
    expect(decided(matches, set('merchant', rule('ours', 'block')))).toBe('ours');
  });

  test('whom a merchant allows the rules of the installation still stop', () => {
    expect(decided([listed('allow')], set('global', rule('theirs', 'review')))).toBe('theirs');
  });

  test('all that spoke is told, with its note', () => {
    const { matched } = applyRuleSets([set('merchant', rule('ours', 'block'))], facts, { lookedUp: ['card'], matches: [listed('allow')] }); // prettier-ignore
    expect(matched).toEqual([
      { kind: 'list', scope: 'merchant', id: 'merchant allow card', action: 'allow', note: 'seen' },
      { kind: 'rule', scope: 'merchant', id: 'ours', action: 'block', note: 'note of ours' },
    ]);
  });
});

describe('whatever the rules', () => {
  const action = fc.constantFrom(...riskActions);
  const when = fc.constantFrom(never, rule('x', 'allow').when, { in_list: 'watch' } as const);
  const rules = fc.uniqueArray(
    fc.record({ id: fc.string({ minLength: 1, maxLength: 3 }), action, priority: fc.integer({ min: 0, max: 3 }), note: fc.constant(''), when }), // prettier-ignore
    { selector: ({ id }) => id, maxLength: 6 },
  );
  const entry = fc
    .tuple(
      fc.constantFrom<ListName>('allow', 'challenge', 'block', 'watch'),
      fc.constantFrom<EntityKind>('card', 'ip'),
      fc.constantFrom<RiskScope>('global', 'merchant'),
    )
    .map(([list, entity, scope]) => listed(list, entity, scope));

  test('no order matters, and a merchant never makes the installation laxer', () => {
    fc.assert(
      fc.property(rules, rules, fc.array(entry, { maxLength: 4 }), (ours, theirs, matches) => {
        const lists = { lookedUp: ['card' as const], matches };
        const sets = [set('global', ...theirs), set('merchant', ...ours)];
        const both = applyRuleSets(sets, facts, lists).decides?.action ?? null;
        const turned = [set('merchant', ...ours.toReversed()), set('global', ...theirs.toReversed())]; // prettier-ignore
        expect(applyRuleSets(turned, facts, lists).decides?.action ?? null).toBe(both);
        const alone = { ...lists, matches: matches.filter(({ scope }) => scope === 'global') };
        const global = applyRuleSets([set('global', ...theirs)], facts, alone).decides;
        if (global !== null) expect(compareActions(both ?? 'allow', global.action)).toBeGreaterThanOrEqual(0); // prettier-ignore
      }),
    );
  });
});

test.each<[RiskAction | null, RiskAction | null, RiskAction]>([
  [null, null, 'allow'],
  [null, 'review', 'review'],
  ['allow', 'block', 'allow'],
  ['challenge', null, 'challenge'],
  ['challenge', 'block', 'block'],
  ['block', 'challenge', 'block'],
])('rules %s and score %s are %s', (byRules, byScore, expected) => {
  expect(outcomeOf(byRules, byScore)).toBe(expected);
});
