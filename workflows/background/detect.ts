import type { Detected } from '../../activities/background.ts';
import { background } from './activities.ts';

/** Looks once for all that stands still for longer than it should. */
export async function detectWorkflow(): Promise<Detected> {
  return background.detect();
}
