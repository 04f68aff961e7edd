import { expect, test } from '@jest/globals';
import { readLabels } from './read-labels.ts';

test('columns in any order, rows in order of time', () => {
  const text = 'at,amount,label,is_night\n2026-01-02T00:00:00Z,12.5,1,0\n\n2026-01-01T23:00:00-02:00,3e2,0,1\n1767225600,-1,1,0\n'; // prettier-ignore
  const samples = readLabels(text);
  expect(samples.features).toEqual(['amount', 'is_night']);
  expect([...samples.at]).toEqual([1767225600, 1767312000, 1767315600]);
  expect(samples.columns.map((column) => [...column])).toEqual([[-1, 12.5, 300], [0, 0, 1]]); // prettier-ignore
  expect([...samples.labels]).toEqual([1, 1, 0]);
});

const header = 'amount,label,at';
const good = '1,0,1767225600';

test.each([
  ['an empty file', '', 'line 1: there is no header'],
  ['no rows', `${header}\n`, 'line 2: there are no rows'],
  ['no labels', `amount,at\n1,2\n`, 'line 1: there is no column label'],
  ['no times', `amount,label\n1,0\n`, 'line 1: there is no column at'],
  ['no feature', `label,at\n1,0\n`, 'line 1: there is no feature'],
  ['a column twice', `amount,amount,label,at\n`, 'line 1, column 2: amount is there twice'],
  ['a name that is none', `amount,The Label,at\n`, 'line 1, column 2: "The Label" is no name of a feature'], // prettier-ignore
  ['a cell too few', `${header}\n${good}\n1,0\n`, 'line 3: 2 columns, the header has 3'],
  ['a cell too many', `${header}\n${good},5\n`, 'line 2: 4 columns, the header has 3'],
  ['a word for a number', `${header}\n${good}\nmuch,0,1767225600\n`, 'line 3, column 1 (amount): must be a number, is "much"'], // prettier-ignore
  [
    'an empty cell',
    `${header}\n,0,1767225600\n`,
    'line 2, column 1 (amount): must be a number, is ""',
  ],
  ['infinity', `${header}\n1e999,0,1767225600\n`, 'line 2, column 1 (amount): must be a number'],
  ['a hexadecimal number', `${header}\n0x10,0,1767225600\n`, 'line 2, column 1 (amount): must be'],
  ['a label in words', `${header}\n1,true,1767225600\n`, 'line 2, column 2 (label): must be 0 or 1, is "true"'], // prettier-ignore
  ['a time without an offset', `${header}\n1,0,2026-01-01T00:00:00\n`, 'line 2, column 3 (at): must be a time with an offset'], // prettier-ignore
  [
    'a day that there is not',
    `${header}\n1,0,2026-13-01T00:00:00Z\n`,
    'line 2, column 3 (at): must be',
  ],
  ['a quote left open', `${header}\n"1,0,5\n`, 'Quote Not Closed'],
])('%s is refused, with its place', (_, text, message) => {
  expect(() => readLabels(text)).toThrow(message);
});
