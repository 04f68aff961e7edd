/**
 * Minor units as JSON has them: an integer. Throws a RangeError beyond the safe range, where a double would
 * round: no amount that was accepted is there, and a wrong one must not be told.
 */
export function minorUnits(amount: bigint): number {
  if (amount > BigInt(Number.MAX_SAFE_INTEGER) || amount < BigInt(Number.MIN_SAFE_INTEGER)) {
    throw new RangeError(`${String(amount)} minor units are beyond what JSON holds exactly`);
  }
  return Number(amount);
}
