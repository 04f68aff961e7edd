/** Replays histories, all by one worker. */
import { DeterminismViolationError } from '@temporalio/workflow';
import { Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { testAddresses } from '../support/addresses.ts';
import type { History } from './history.ts';

/** What came of each: `same way`, `other way` (refused as non-deterministic), or what else went wrong. */
export type Replayed = ReadonlyMap<string, string>;

export async function replayAll(
  histories: ReadonlyMap<string, History>,
  bundle?: WorkflowBundleOption,
): Promise<Replayed> {
  const workflowBundle = bundle ?? { codePath: testAddresses().workflowBundle };
  const named = [...histories].map(([workflowId, history]) => ({ workflowId, history }));
  const outcomes = new Map<string, string>();
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, named)) {
    outcomes.set(workflowId, outcome(error));
  }
  return outcomes;
}

function outcome(error: Error | undefined): string {
  if (error === undefined) return 'same way';
  return error.name === DeterminismViolationError.name ? 'other way' : String(error);
}
