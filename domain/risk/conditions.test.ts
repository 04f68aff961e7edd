import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { holds, type Condition } from './conditions.ts';
import type { Facts } from './facts.ts';
import { noLists, type ListView } from './lists.ts';

const facts: Facts = { amount: 500, country: 'US', off_session: false, brand: null, odd: NaN };
const isUs: Condition = { fact: 'country', op: '=', value: 'US' };
const isVisa: Condition = { fact: 'brand', op: '=', value: 'visa' };
const no: Condition = { fact: 'country', op: '=', value: 'DE' };

describe('a condition', () => {
  test.each<[string, Condition, boolean]>([
    ['=', isUs, true],
    ['= of another', no, false],
    ['!=', { fact: 'country', op: '!=', value: 'DE' }, true],
    ['!= of itself', { fact: 'country', op: '!=', value: 'US' }, false],
    ['=, false as a value', { fact: 'off_session', op: '=', value: false }, true],
    ['<', { fact: 'amount', op: '<', value: 501 }, true],
    ['< at the edge', { fact: 'amount', op: '<', value: 500 }, false],
    ['<= at the edge', { fact: 'amount', op: '<=', value: 500 }, true],
    ['> at the edge', { fact: 'amount', op: '>', value: 500 }, false],
    ['>= at the edge', { fact: 'amount', op: '>=', value: 500 }, true],
    ['in', { fact: 'country', op: 'in', value: ['DE', 'US'] }, true],
    ['in, not among', { fact: 'country', op: 'in', value: ['DE'] }, false],
    ['not_in', { fact: 'country', op: 'not_in', value: ['DE'] }, true],
    ['not_in, among', { fact: 'country', op: 'not_in', value: ['US'] }, false],
    ['exists', { fact: 'country', op: 'exists' }, true],
    ['exists, of null', { fact: 'brand', op: 'exists' }, false],
    ['exists, of no number', { fact: 'odd', op: 'exists' }, false],
    ['exists, of a name of every object', { fact: 'constructor', op: 'exists' }, false],
    ['not exists', { not: { fact: 'brand', op: 'exists' } }, true],
    ['and', { and: [isUs, { not: no }] }, true],
    ['and with a no', { and: [isUs, no] }, false],
    ['or', { or: [no, isUs] }, true],
    ['or of noes', { or: [no, no] }, false],
  ])('%s', (_, condition, expected) => {
    expect(holds(condition, facts, noLists)).toBe(expected);
  });

  // Not known: neither it nor its opposite holds, however it is wrapped.
  test.each<[string, Condition]>([
    ['=', isVisa],
    ['not =', { not: isVisa }],
    ['not not =', { not: { not: isVisa } }],
    ['!=', { fact: 'brand', op: '!=', value: 'visa' }],
    ['in', { fact: 'brand', op: 'in', value: ['visa'] }],
    ['not_in', { fact: 'brand', op: 'not_in', value: ['visa'] }],
    ['a fact of another type', { fact: 'country', op: '=', value: 5 }],
    ['an order of texts', { fact: 'country', op: '<', value: 'ZZ' }],
    ['values of another type', { fact: 'country', op: 'not_in', value: [5] }],
    ['< of no number', { not: { fact: 'odd', op: '<', value: 1 } }],
    ['and with it', { and: [isUs, isVisa] }],
    ['not and with it', { not: { and: [isUs, isVisa] } }],
    ['or with it', { or: [no, isVisa] }],
    ['not or with it', { not: { or: [no, isVisa] } }],
    ['nothing at all', { not: { or: [] } }],
    ['all of nothing', { and: [] }],
    ['a list that nobody looked at', { not: { in_list: 'block' } }],
    ['a kind that the payment lacks', { not: { in_list: 'block', entity: 'device' } }],
  ])('is not known, nor is its opposite: %s', (_, condition) => {
    const lists = { ...noLists, lookedUp: 'entity' in condition ? ['card' as const] : [] };
    expect(holds(condition, facts, lists)).toBe(false);
    expect(holds({ not: condition }, facts, lists)).toBe(false);
  });

  test('is decided where what is not known changes nothing', () => {
    expect(holds({ or: [isVisa, isUs] }, facts, noLists)).toBe(true);
    expect(holds({ not: { and: [isVisa, no] } }, facts, noLists)).toBe(true);
  });

  const listed: ListView = {
    lookedUp: ['card', 'ip'],
    matches: [{ entryId: 'rle_1', scope: 'global', list: 'watch', entity: 'ip', reason: 'x' }],
  };
  test.each<[Condition, boolean]>([
    [{ in_list: 'watch' }, true],
    [{ in_list: 'watch', entity: 'ip' }, true],
    [{ in_list: 'watch', entity: 'card' }, false],
    [{ in_list: 'block' }, false],
    [{ not: { in_list: 'block' } }, true],
    [{ not: { in_list: 'watch', entity: 'card' } }, true],
    [{ not: { in_list: 'watch', entity: 'email' } }, false],
  ])('of lists: %j', (condition, expected) => {
    expect(holds(condition, facts, listed)).toBe(expected);
  });
});

describe('whatever the condition', () => {
  const name = fc.constantFrom('a', 'b', 'c');
  const number = fc.integer({ min: 0, max: 3 });
  const order = fc.constantFrom('=' as const, '!=' as const, '<' as const, '>=' as const);
  const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
    condition: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.record({ fact: name, op: order, value: number }),
      fc.record({ fact: name, op: fc.constantFrom('in' as const, 'not_in' as const), value: fc.array(number, { minLength: 1, maxLength: 3 }) }), // prettier-ignore
      fc.record({ and: fc.array(tie('condition'), { maxLength: 3 }) }),
      fc.record({ or: fc.array(tie('condition'), { maxLength: 3 }) }),
      fc.record({ not: tie('condition') }),
    ),
  }));
  const known = fc.record({ a: number, b: number, c: number });

  test('to know less never makes it hold, and it never holds with its opposite', () => {
    fc.assert(
      fc.property(condition, known, fc.subarray(['a', 'b', 'c'] as const), (one, all, missing) => {
        const less: Facts = { ...all, ...Object.fromEntries(missing.map((fact) => [fact, null])) };
        if (holds(one, less, noLists)) expect(holds(one, all, noLists)).toBe(true);
        expect(holds(one, less, noLists) && holds({ not: one }, less, noLists)).toBe(false);
      }),
    );
  });
});
