/** Verified money: the share of what moved that files and ended breaks account for. Amounts are minor units. */

/** A file is out when its cycle is over, and comes within the next one: until then no file could have it. */
const cyclesToWait = 2;

export function fileWaitMs(settlementCycleMs: number): number {
  return cyclesToWait * settlementCycleMs;
}

const dayMs = 86_400_000;

/** The last UTC day, as 2026-11-25, of which nothing waits for a file any more. `now`: ms since the epoch. */
export function lastVerifiableDay(now: number, settlementCycleMs: number): string {
  const at = now - fileWaitMs(settlementCycleMs) - dayMs;
  return new Date(at).toISOString().slice(0, 10);
}

const places = 4;
const unit = 10n ** BigInt(places);

/** With four decimals, rounded down: `1.0000` is all of it, to the cent. `total` above zero. */
export function verifiedShare(verified: bigint, total: bigint): string {
  const scaled = (verified * unit) / total;
  return `${scaled / unit}.${(scaled % unit).toString().padStart(places, '0')}`;
}
