import type { Place } from './place.ts';

export interface Scenario {
  /** What of the story this run is, in a few words: the row in test/replay/README.md. */
  readonly branch: string;
  /** Leaves behind one payment, whose latest run is the one to record. */
  readonly play: (place: Place) => Promise<string>;
}

/** Named for the branch; the name is the file's. */
export type Scenarios = Readonly<Record<string, Scenario>>;

export const manual = { captureMethod: 'manual' } as const;
export const day = 86_400;

/** The first (or n-th) try of a payment. */
export async function attemptId({ bench }: Place, paymentId: string, index = 0): Promise<string> {
  const attempt = (await bench.state(paymentId)).attempts[index];
  if (attempt === undefined) throw new Error(`payment ${paymentId} has no such attempt`);
  return attempt.id;
}
