import { background } from './activities.ts';

/** What merchants earned becomes theirs to have, and what was kept long enough is let go of. */
export async function makeAvailableWorkflow(): Promise<{
  readonly batches: number;
  readonly released: number;
}> {
  const { batches } = await background.makeAvailable();
  const { released } = await background.releaseReserves();
  return { batches, released };
}

/** Asks for every payout that is due, and goes on with those under way. */
export async function runPayoutsWorkflow(): Promise<{ readonly asked: number }> {
  return background.runPayouts();
}
