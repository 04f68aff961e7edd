/** How long a thing may stand as it is before somebody should hear of it, by its provider's contract. */
import type { ProviderContract } from './provider-contract.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** A file is out when its cycle is over, and comes within the next one. */
const cyclesOfSilence = 2;

export interface DetectionRule {
  readonly provider: string;
  /** Of an unknown, since it was to be sent. */
  readonly doubtMs: number;
  /** Since the end of what its files cover, while money is owed. */
  readonly reportMs: number;
}

export function detectionRule(contract: ProviderContract): DetectionRule {
  const { name, absenceFinalAfterMs, settlementCycleMs, settlingMs } = contract;
  const reportMs = cyclesOfSilence * settlementCycleMs + dayMs;
  // Past the age at which absence is final it takes two lookups more, the later the further apart. Where
  // absence never is, the files say, by their silence over two cycles.
  const doubtMs =
    absenceFinalAfterMs === null
      ? 2 * settlementCycleMs + reportMs
      : 2 * absenceFinalAfterMs + settlingMs + hourMs;
  return { provider: name, doubtMs, reportMs };
}
