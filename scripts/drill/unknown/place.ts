/** Where the drill happens: the stack's API, its database, and the sandbox that knows the truth. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Endpoints } from '../../../runtime/local/endpoints.ts';
import { readBooks, setFaults, type Fault, type Movement } from '../sandbox-books.ts';
import { createCheckout, type Checkout } from './checkout.ts';

export interface Place {
  readonly checkout: Checkout;
  readonly db: pg.Pool;
  readonly setFaults: (plan: readonly Fault[]) => Promise<void>;
  readonly readBooks: () => Promise<readonly Movement[]>;
  /** Tender's clock and the sandbox's. */
  readonly advance: (seconds: number) => Promise<void>;
  readonly report: (line: string) => void;
}

export async function openPlace(
  { api, database, sandbox }: Endpoints,
  seed: number,
  report: (line: string) => void,
): Promise<Place> {
  const db = new pg.Pool({ connectionString: database.url, max: 4 });
  // A server that ends is met by the next query, not by the process.
  db.on('error', () => undefined);
  return {
    ...{ checkout: createCheckout(api), db, report },
    setFaults: (plan) => setFaults(sandbox.url, seed, plan),
    readBooks: () => readBooks(sandbox.url),
    advance: async (seconds) => {
      const answer = await fetch(`${sandbox.url}/clock`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ advance_seconds: Math.ceil(seconds) }),
        signal: AbortSignal.timeout(20_000),
      });
      if (!answer.ok) throw new Error(`the clock did not move: ${await answer.text()}`);
    },
  };
}

/** Asks until it answers something, or the time is over. */
export async function until<T>(
  look: () => Promise<T | undefined>,
  atMostMs: number,
): Promise<T | undefined> {
  const giveUpAt = performance.now() + atMostMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined || performance.now() > giveUpAt) return seen;
    await sleep(150);
  }
}
