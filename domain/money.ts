/** The only place where money is divided: parts that always sum to the whole, to the minor unit. */

/**
 * `amount` in proportion to `weights`, the remainder to the largest fractions (of equals, the first).
 * With `amount` up to their sum, no part exceeds its weight: so what is left can be allocated again and
 * again, and the last part of the whole takes exactly what remains.
 */
export function allocate(amount: bigint, weights: readonly bigint[]): readonly bigint[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  if (amount < 0n || weights.some((weight) => weight < 0n)) {
    throw new RangeError('only amounts and weights of zero or more can be allocated');
  }
  if (amount === 0n) return weights.map(() => 0n);
  if (total === 0n) throw new RangeError(`nothing to allocate ${amount} to`);
  const shares = weights.map((weight, index) => ({
    index,
    whole: (amount * weight) / total,
    fraction: (amount * weight) % total,
  }));
  const remainder = amount - shares.reduce((sum, { whole }) => sum + whole, 0n);
  const larger = (a: bigint, b: bigint): number => (a === b ? 0 : a > b ? -1 : 1);
  const favored = [...shares]
    .sort((a, b) => larger(a.fraction, b.fraction) || a.index - b.index)
    .slice(0, Number(remainder));
  const extra = new Set(favored.map(({ index }) => index));
  return shares.map(({ index, whole }) => whole + (extra.has(index) ? 1n : 0n));
}
