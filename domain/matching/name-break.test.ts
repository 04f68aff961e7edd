/** The decision table: each name by the one thing that is wrong, and which of two comes first. */
import { expect, test } from '@jest/globals';
import { lineBreaks, nameBreak, type Observed } from './name-break.ts';

const inOrder: Observed = {
  ...{ line: 'movement', found: 'movement', currency: 'same', state: 'done', sum: 'equal' },
  ...{ rate: 'none', paid: 'once', reference: 'same', time: 'within', fee: 'within' },
};

test('what is in order has no name', () => {
  expect(nameBreak(inOrder)).toBeNull();
  expect(nameBreak({ ...inOrder, rate: 'within' })).toBeNull();
  // Done and taken back, both listed: nothing is what there is to be.
  expect(nameBreak({ ...inOrder, state: 'not_done' })).toBeNull();
});

test.each<[Partial<Observed>, string, boolean]>([
  [{ line: 'strange' }, 'orphan', false],
  [{ found: 'nothing' }, 'missing_internal', false],
  [{ found: 'payment' }, 'state', false],
  [{ currency: 'other' }, 'currency', false],
  [{ state: 'not_done', sum: 'other' }, 'state', false],
  [{ sum: 'again' }, 'duplicate_external', false],
  [{ sum: 'other' }, 'amount', true],
  [{ rate: 'outside' }, 'fx', true],
  [{ rate: 'not_known' }, 'fx', true],
  [{ paid: 'twice' }, 'duplicate_outflow', true],
  [{ reference: 'other' }, 'reference', true],
  [{ time: 'outside' }, 'time', true],
  [{ fee: 'outside' }, 'fee', true],
  // The first of two: what it is, before how much, before when and for what fee.
  [{ line: 'strange', found: 'nothing' }, 'orphan', false],
  [{ currency: 'other', sum: 'other' }, 'currency', false],
  [{ sum: 'again', found: 'payment' }, 'duplicate_external', false],
  [{ sum: 'other', time: 'outside', fee: 'outside' }, 'amount', true],
  [{ reference: 'other', fee: 'outside' }, 'reference', true],
])('%j is %s', (wrong, name, links) => {
  expect(nameBreak({ ...inOrder, ...wrong })).toMatchObject({ name, links });
});

test('nothing that is not known to be ours is linked, and all that is doubtful stands in suspense or is asked for', () => {
  const unlinked = lineBreaks.filter(({ links }) => !links);
  expect(unlinked.every(({ step }) => step === 'suspense' || step === 'look_up')).toBe(true);
});
