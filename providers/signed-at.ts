/** A signature's age, by this machine's clock: the one place where a provider's clock is compared with ours. */

/** What is signed longer ago, or further ahead, is refused. */
export const signedWithinSeconds = 300;

/** Whole seconds since the epoch, in one spelling only: what a lenient reader takes for the same was not signed. */
export function isSignedNow(timestamp: string): boolean {
  if (!/^[1-9]\d{0,11}$/.test(timestamp)) return false;
  return Math.abs(Date.now() / 1_000 - Number(timestamp)) <= signedWithinSeconds;
}
