/**
 * What an event is worth beside a lookup. A lookup says what is true now and goes first, always; the signed
 * word of the provider counts where no lookup can say, and against a lookup that found nothing.
 */
import type {
  LookupKind,
  LookupResult,
  ProviderClaim,
  ProviderEvidence,
  ProviderOutcome,
} from './provider.ts';
import { claimCountsAfterMs } from './timing.ts';

export interface Told {
  readonly eventId: string;
  readonly isOpen: boolean;
  /** Null: it says nothing that could be read, or another amount than ours. */
  readonly claim: ProviderClaim | null;
  /** The provider's own time; null: it gives none. */
  readonly toldAt: number | null;
  readonly waitedMs: number;
}

export interface Seen {
  readonly lookup: LookupResult;
  /** Events that this answers, and how. */
  readonly closes: null | {
    readonly state: 'looked_up' | 'recorded';
    readonly eventIds: readonly string[];
    readonly evidence: ProviderEvidence;
    /** The provider's id of what answers, where it says yes: an event under another tells of another. */
    readonly known: string | null;
  };
}

/** `told`: as it was before the lookup was made. */
export function weigh(kind: LookupKind, lookup: LookupResult, told: readonly Told[]): Seen {
  const open = told.filter(({ isOpen }) => isOpen).map(({ eventId }) => eventId);
  const close = (
    state: 'looked_up' | 'recorded',
    evidence: ProviderEvidence,
    said?: ProviderOutcome,
  ): Seen['closes'] => {
    const known = said?.kind === 'approved' ? said.providerReference : null;
    return open.length === 0 ? null : { state, eventIds: open, evidence, known };
  };
  if (lookup.kind === 'found' && isDefinite(lookup.outcome.kind)) {
    const { outcome } = lookup;
    return { lookup, closes: close('looked_up', outcome.evidence, outcome) };
  }
  const claims = told.filter(({ claim }) => claim?.kind === kind);
  if (lookup.kind === 'absent') {
    // Told of, it arrived: not to find it is the lookup's mistake, or its delay.
    const contradicted = claims.some(({ claim }) => claim?.outcome.kind !== 'unknown');
    const evidence = { ...lookup.evidence, detail: `${lookup.evidence.detail}, and told of` };
    return contradicted
      ? { lookup: { kind: 'no_answer', evidence }, closes: null }
      : { lookup, closes: close('looked_up', lookup.evidence) };
  }
  // Pending by a lookup and done by an event: one of the two is late, and the next lookup will say which.
  if (lookup.kind === 'found' && lookup.outcome.kind !== 'unknown') return { lookup, closes: null };
  const latest = latestOf(claims);
  const waited = Math.max(0, ...claims.map(({ waitedMs }) => waitedMs));
  const counts = lookup.kind === 'not_supported' || waited >= claimCountsAfterMs;
  if (latest === null || !counts) return { lookup, closes: null };
  const { outcome } = latest;
  const closes = close('recorded', outcome.evidence, outcome);
  return { lookup: { kind: 'found', outcome }, closes };
}

function isDefinite(kind: ProviderClaim['outcome']['kind']): boolean {
  return kind === 'approved' || kind === 'declined' || kind === 'requires_action';
}

/** By its meaning the later one, whatever the clocks say: only what was done can be taken back. */
function isTakenBack({ claim }: Told): boolean {
  return claim?.outcome.kind === 'declined' && claim.outcome.decline.code === 'late_failure';
}

/**
 * By the provider's time, never by arrival. Null where two that differ claim the same moment, or where one
 * of several gives no time: then nobody knows which of them is still true.
 */
function latestOf(told: readonly Told[]): ProviderClaim | null {
  const known = told.filter(({ claim }) => claim !== null && claim.outcome.kind !== 'unknown');
  const takenBack = known.find(isTakenBack);
  if (takenBack !== undefined) return takenBack.claim;
  const first = known[0]?.claim ?? null;
  if (known.every(({ claim }) => claim?.outcome.kind === first?.outcome.kind)) return first;
  if (known.some(({ toldAt }) => toldAt === null)) return null;
  const at = Math.max(...known.map(({ toldAt }) => toldAt ?? 0));
  const last = known.filter(({ toldAt }) => toldAt === at);
  const same = last.every(({ claim }) => claim?.outcome.kind === last[0]?.claim?.outcome.kind);
  return same ? (last[0]?.claim ?? null) : null;
}
