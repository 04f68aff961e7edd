/** What the model of a provider knows of the world, and what it writes into its books. */

/** What becomes of one call. Held replies wait until the process that asked wakes up, if it ever does. */
export interface Behaviour {
  readonly wire:
    'ok' | 'refused' | 'request_lost' | 'reply_lost' | 'late' | 'held' | 'refused_and_held';
  /** `late_yes`: says no and books it all the same, seconds later. */
  readonly verdict: 'yes' | 'no' | 'page' | 'pending' | 'late_yes';
}

/** `absent`: the provider has forgotten what it once knew. */
export type Looked = 'ok' | 'no_answer' | 'held' | 'absent';

export interface World {
  now(): number;
  /** Runs once the clock has come so far. */
  at(instant: number, run: () => void): void;
  /** For the next request that may move money, and for the next lookup. */
  nextCall(): Behaviour;
  nextLookup(): Looked;
  /** Resolves when the test lets it. */
  hold(): Promise<void>;
  /** A request was carried out. */
  booked(): void;
}

export interface Authorization {
  readonly reference: string;
  readonly amount: bigint;
  readonly sale: boolean;
  readonly expiresAt: number;
  status: 'page' | 'pending' | 'approved' | 'declined' | 'voided';
  clearAt: number;
  captured: bigint;
  refunded: bigint;
  isClosed: boolean;
}

export interface Movement {
  readonly reference: string;
  readonly kind: 'capture' | 'void' | 'refund';
  readonly amount: bigint;
  readonly attemptReference: string;
  readonly code: string | null;
  readonly clearAt: number;
}
