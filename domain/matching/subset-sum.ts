/** Which of a few amounts come to a sum: tier 6. Bounded, and an answer only where there is no second one. */

/** Beyond it some subset fits nearly any sum. */
const amountsMax = 20;

/** Positions, ascending; null: none, several, or too many to say. */
export function uniqueSubset(amounts: readonly bigint[], sum: bigint): readonly number[] | null {
  if (amounts.length === 0 || amounts.length > amountsMax) return null;
  const half = Math.floor(amounts.length / 2);
  const left = subsetsOf(amounts.slice(0, half));
  const right = new Map<bigint, number[]>();
  for (const { mask, total } of subsetsOf(amounts.slice(half))) {
    right.set(total, [...(right.get(total) ?? []), mask]);
  }
  let found: number | null = null;
  for (const { mask, total } of left) {
    for (const other of right.get(sum - total) ?? []) {
      const whole = mask + other * 2 ** half;
      if (whole === 0) continue;
      if (found !== null) return null;
      found = whole;
    }
  }
  if (found === null) return null;
  const chosen = found;
  return amounts.flatMap((_, index) => (Math.floor(chosen / 2 ** index) % 2 === 1 ? [index] : []));
}

function subsetsOf(
  amounts: readonly bigint[],
): { readonly mask: number; readonly total: bigint }[] {
  const subsets = [{ mask: 0, total: 0n }];
  amounts.forEach((amount, index) => {
    for (const { mask, total } of [...subsets]) {
      subsets.push({ mask: mask + 2 ** index, total: total + amount });
    }
  });
  return subsets;
}
