/**
 * Records the histories of runs that schedules start, for `test/replay/`: `npm run record:background` records
 * those that are not there yet. One that is there is never written over: the old ones are the gate.
 */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkflowFailedError } from '@temporalio/client';
import { localSettings } from '../runtime/env.ts';
import { findTemporalBinary } from '../runtime/servers/temporal-binary.ts';
import globalSetup from '../test/jest/global-setup.ts';
import globalTeardown from '../test/jest/global-teardown.ts';
import { backgroundHistoryFolder } from '../test/replay/history.ts';
import { testAddresses } from '../test/support/addresses.ts';
import { quietRuntime } from '../test/support/runs.ts';
import { openScheduling } from '../test/support/scheduling.ts';
import { backgroundScenarios } from './histories/background.ts';
import { showHistory } from './histories/show.ts';

const fileOf = (name: string): string => join(backgroundHistoryFolder, `${name}.json`);

async function recordAll(): Promise<void> {
  const { inherited: environment, cache } = localSettings();
  const { path: binary } = await findTemporalBinary({ cache, environment, report: console.log });
  quietRuntime();
  const bench = await openScheduling();
  try {
    for (const [name, scenario] of Object.entries(backgroundScenarios)) {
      if (existsSync(fileOf(name))) continue;
      const { workflow, args, activities } = scenario;
      const workflowId = `recorded/${name}`;
      const options = { workflowId, taskQueue: bench.taskQueue, args: [...args] };
      await bench.working(activities(), () =>
        bench.client.workflow.execute(workflow, options).catch((error: unknown) => {
          // How some of them are meant to end.
          if (!(error instanceof WorkflowFailedError)) throw error;
        }),
      );
      await writeFile(
        fileOf(name),
        await showHistory(binary, testAddresses().temporalAddress, workflowId),
      );
      console.log(name);
    }
  } finally {
    await bench.close();
  }
}

await mkdir(backgroundHistoryFolder, { recursive: true });
await globalSetup();
try {
  await recordAll();
} finally {
  await globalTeardown();
}
