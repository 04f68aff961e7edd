/**
 * Records the histories that `test/replay/` replays: real runs of real payments, one file for each branch
 * of the workflow. `npm run record:histories [-- name ...]` records those that are not there yet.
 *
 * A history that is there is never written over, because the old ones are the gate: a worker of today
 * takes over runs that one of yesterday began. `--replace` does it all the same, for runs of a kind that
 * cannot be open anywhere. What to do when the workflow itself must change: `test/replay/README.md`.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { NativeConnection } from '@temporalio/worker';
import { localSettings } from '../runtime/env.ts';
import { findTemporalBinary } from '../runtime/servers/temporal-binary.ts';
import globalSetup from '../test/jest/global-setup.ts';
import globalTeardown from '../test/jest/global-teardown.ts';
import { withHistoryTable } from '../test/replay/list.ts';
import { testAddresses } from '../test/support/addresses.ts';
import { quietRuntime } from '../test/support/runs.ts';
import { paymentWorkflowId } from '../workflows/ids.ts';
import { openPlace } from './histories/place.ts';
import { scenarios } from './histories/scenarios.ts';
import { showHistory } from './histories/show.ts';

const replay = join(import.meta.dirname, '..', 'test', 'replay');
const folder = join(replay, 'histories');
const readme = join(replay, 'README.md');
const fileOf = (name: string): string => join(folder, `${name}.json`);

const { values, positionals } = parseArgs({
  options: { replace: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const names = namesToRecord();

function namesToRecord(): readonly string[] {
  const unknown = positionals.filter((name) => !Object.hasOwn(scenarios, name));
  if (unknown.length > 0) throw new Error(`no scenario is called ${unknown.join(', ')}`);
  const wanted = positionals.length > 0 ? positionals : Object.keys(scenarios);
  if (values.replace) return wanted;
  const kept = positionals.filter((name) => existsSync(fileOf(name)));
  if (kept.length > 0) throw new Error(`recorded already, see --replace: ${kept.join(', ')}`);
  return wanted.filter((name) => !existsSync(fileOf(name)));
}

async function recordAll(): Promise<void> {
  const { inherited: environment, cache } = localSettings();
  const { path: binary } = await findTemporalBinary({ cache, environment, report: console.log });
  const { temporalAddress } = testAddresses();
  quietRuntime();
  const connection = await NativeConnection.connect({ address: temporalAddress });
  const place = await openPlace(connection);
  try {
    for (const name of names) {
      const paymentId = (await scenarios[name]?.play(place)) ?? '';
      await place.ended(paymentId);
      const text = await showHistory(binary, temporalAddress, paymentWorkflowId(paymentId));
      await writeFile(fileOf(name), text);
      console.log(`${name}: ${String(text.match(/"eventId"/g)?.length)} events`);
      await place.reset();
    }
  } finally {
    await place.close();
    await connection.close();
  }
}

if (names.length > 0) {
  await mkdir(folder, { recursive: true });
  await globalSetup();
  try {
    await recordAll();
  } finally {
    await globalTeardown();
  }
}
const branches = Object.entries(scenarios).map(([name, { branch }]) => [name, branch] as const);
const listed = withHistoryTable(await readFile(readme, 'utf8'), Object.fromEntries(branches));
await writeFile(readme, listed);
