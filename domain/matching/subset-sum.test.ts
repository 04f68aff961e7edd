import { expect, test } from '@jest/globals';
import { uniqueSubset } from './subset-sum.ts';

test.each([
  ['the only one', [5n, 7n, 11n], 12n, [0, 1]],
  ['a single amount', [5n, 7n, 11n], 11n, [2]],
  ['all of them', [5n, 7n], 12n, [0, 1]],
  ['none', [5n, 7n], 6n, null],
  ['two ways to the same sum', [5n, 7n, 12n], 12n, null],
  ['equal amounts, of which one would do', [5n, 5n], 5n, null],
  ['what is taken back counts against it', [10n, -4n, 3n], 6n, [0, 1]],
  ['nothing is no subset', [5n, -5n], 0n, [0, 1]],
  ['of none', [], 0n, null],
])('%s', (_, amounts, sum, found) => {
  expect(uniqueSubset(amounts, sum)).toEqual(found);
});

test('twenty amounts are looked through, one more is not', () => {
  const amounts = Array.from({ length: 20 }, (_, n) => 3n ** BigInt(n));
  expect(uniqueSubset(amounts, 3n ** 19n + 3n ** 2n + 1n)).toEqual([0, 2, 19]);
  expect(uniqueSubset([...amounts, 3n ** 20n], 1n)).toBeNull();
});

test('it is what trying every subset finds', () => {
  let state = 20_261_126;
  const draw = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * below);
  };
  for (let round = 0; round < 400; round += 1) {
    const amounts = Array.from({ length: 1 + draw(9) }, () => BigInt(draw(40) - 10));
    const sum = BigInt(draw(80) - 10);
    const all = Array.from({ length: 2 ** amounts.length - 1 }, (_, n) =>
      amounts.flatMap((_amount, index) => (((n + 1) >> index) & 1 ? [index] : [])),
    );
    const fits = all.filter((one) => one.reduce((t, i) => t + (amounts[i] ?? 0n), 0n) === sum);
    expect(uniqueSubset(amounts, sum)).toEqual(fits.length === 1 ? fits[0] : null);
  }
});
