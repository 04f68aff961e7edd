import type { Clock } from './clock.ts';
import type { Faults } from './faults.ts';
import type { Store } from './store/store.ts';

/** What every part of the sandbox works with. */
export interface Context {
  readonly store: Store;
  readonly clock: Clock;
  readonly faults: Faults;
  /** Keys whose request is being worked on: a second one is told so instead of being booked. */
  readonly keysInFlight: Set<string>;
  /** Base of the addresses a shopper's browser is sent to. */
  publicUrl(): string;
  /** Something new may be due: late successes, webhooks. */
  wake(): void;
  /** Sends one event now and waits for its delivery, at most a second. */
  deliverNow(sequence: number): Promise<void>;
  /** Pauses a call; rejects when the sandbox stops. */
  pause(durationMs: number): Promise<void>;
}
