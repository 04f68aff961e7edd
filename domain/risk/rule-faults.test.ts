import { expect, test } from '@jest/globals';
import { factCatalogue } from './facts.ts';
import { ruleFaults, type WrittenCondition } from './rule-faults.ts';

const facts = factCatalogue(['card_attempts_1h']);
const faults = (when: WrittenCondition): unknown => {
  const found = ruleFaults([{ id: 'a', when }], facts);
  return found.map(({ path, detail }) => `/${path.join('/')} ${detail}`);
};
const isUs = { fact: 'country', op: '=', value: 'US' } as const;
const many = { fact: 'card_attempts_1h', op: '>', value: 5 } as const;

test.each<[WrittenCondition]>([
  [isUs],
  [many],
  [{ fact: 'off_session', op: '=', value: false }],
  [{ fact: 'bin', op: 'exists' }],
  [{ not: { in_list: 'watch', entity: 'ip' } }],
  [{ or: [isUs, { and: [many, { not: isUs }] }] }],
  [{ and: [{ fact: 'currency', op: '=', value: 'EUR' }, { or: [{ fact: 'amount', op: '>', value: 5 }, many] }] }], // prettier-ignore
  [{ and: [{ fact: 'currency', op: 'in', value: ['EUR'] }, { fact: 'amount', op: '>', value: 5 }] }], // prettier-ignore
])('is in order: %j', (when) => {
  expect(faults(when)).toEqual([]);
});

test.each<[string, WrittenCondition]>([
  ['/0/when must have exactly one of and, or, not, fact, in_list', {}],
  ['/0/when must have exactly one of and, or, not, fact, in_list', { ...isUs, not: isUs }],
  ['/0/when/and must not be empty', { and: [] }],
  ['/0/when/not/or must not be empty', { not: { or: [] } }],
  ['/0/when/or/1/fact is not a known fact', { or: [isUs, { ...many, fact: 'card_attempts' }] }],
  ['/0/when/op is required beside fact', { fact: 'country' }],
  ['/0/when/op must be one of =, !=, in, not_in, exists: the fact is a text', { ...isUs, op: '<' }],
  ['/0/when/op must be one of =, !=, exists: the fact is a boolean', { fact: 'regulated', op: 'in', value: ['x'] }], // prettier-ignore
  ['/0/when/value must be a number, as the fact is', { ...many, value: '5' }],
  ['/0/when/value must be a text, as the fact is', { ...isUs, value: 5 }],
  ['/0/when/value must be one text', { ...isUs, value: ['US'] }],
  ['/0/when/value must be a text, as the fact is', { fact: 'country', op: '=' }],
  ['/0/when/value must be a list that is not empty', { ...isUs, op: 'in' }],
  ['/0/when/value must be a list that is not empty', { ...isUs, op: 'not_in', value: [] }],
  ['/0/when/value/1 must be a text, as the fact is', { ...isUs, op: 'in', value: ['US', 5] }],
  ['/0/when/value does not belong to exists', { ...isUs, op: 'exists' }],
  ['/0/when/value does not belong beside in_list', { in_list: 'watch', value: 5 }],
  ['/0/when/entity does not belong beside fact', { ...isUs, entity: 'ip' }],
  ['/0/when/in_list must be one of allow, challenge, block, watch', { in_list: 'friends' }],
  ['/0/when/fact means nothing without one currency beside it in an and: minor units differ', { fact: 'amount', op: '>', value: 5 }], // prettier-ignore
  ['/0/when/or/1/fact means nothing without one currency beside it in an and: minor units differ', { or: [{ fact: 'currency', op: '=', value: 'EUR' }, { fact: 'amount', op: '>', value: 5 }] }], // prettier-ignore
  ['/0/when/and/1/fact means nothing without one currency beside it in an and: minor units differ', { and: [{ fact: 'currency', op: 'in', value: ['EUR', 'JPY'] }, { fact: 'amount', op: '>', value: 5 }] }], // prettier-ignore
  ['/0/when/not/not/not/not is nested deeper than 4 levels', { not: { not: { not: { not: isUs } } } }], // prettier-ignore
  ['/0/when has 51 conditions: at most 50', { and: Array.from({ length: 50 }, () => isUs) }],
])('%s', (fault, when) => {
  expect(faults(when)).toEqual([fault]);
});

test('an id comes once', () => {
  const rules = ['a', 'b', 'a'].map((id) => ({ id, when: isUs }));
  expect(ruleFaults(rules, facts)).toEqual([{ path: [2, 'id'], detail: 'must not come twice' }]);
});
