/** What a phase comes down to. */
import type { Group, Paid } from './traffic.ts';

export interface GroupFigures {
  readonly payments: number;
  /** Answered "captured" while the caller waited, of all. */
  readonly success: number;
  readonly p95Ms: number;
}
export type Figures = Readonly<Record<Group, GroupFigures>>;

export function figuresOf(paid: readonly Paid[]): Figures {
  const of = (group: Group): GroupFigures => {
    const own = paid.filter((one) => one.group === group);
    const captured = own.filter(({ isCaptured }) => isCaptured).length;
    return {
      payments: own.length,
      success: own.length === 0 ? 0 : captured / own.length,
      p95Ms: Math.round(percentile(own.map(({ ms }) => ms), 0.95)), // prettier-ignore
    };
  };
  return { failing: of('failing'), other: of('other') };
}

/** The smallest value that at least this share does not exceed; 0 of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
