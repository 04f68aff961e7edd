/**
 * The Temporal server of one test stack: the development server, or, with TENDER_TEST_TEMPORAL=cluster
 * (`npm run test:cluster`), a server on PostgreSQL with databases of its own.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Client } from 'pg';
import { localSettings } from '../../runtime/env.ts';
import { freePort } from '../../runtime/servers/ports.ts';
import type { ProcessSpec } from '../../runtime/servers/process.ts';
import { findTemporalBinary } from '../../runtime/servers/temporal-binary.ts';
import { prepareTemporalCluster } from '../../runtime/servers/temporal-cluster.ts';
import { dropTemporalDatabases } from '../../runtime/servers/temporal-databases.ts';
import { findTemporalServerBinaries } from '../../runtime/servers/temporal-server-binaries.ts';
import { deleteTemporalDatabase, prepareTemporal } from '../../runtime/servers/temporal.ts';
import { onCluster, testAddresses } from './addresses.ts';

export interface StackTemporal {
  readonly address: string;
  /** Path of the program. */
  readonly binary: string;
  readonly spec: ProcessSpec;
  /** All it knew is lost; it must not run. */
  forget(): Promise<void>;
}

export async function prepareStackTemporal(folder: string): Promise<StackTemporal> {
  const port = await freePort();
  const logFile = join(folder, 'temporal.log');
  return {
    address: `127.0.0.1:${port}`,
    ...(await (onCluster() ? cluster : devServer)(port, logFile)),
  };
}

type Prepared = Omit<StackTemporal, 'address'>;

async function devServer(port: number, logFile: string): Promise<Prepared> {
  const { cache, inherited: environment, temporalNamespace: namespace } = localSettings();
  const { path: binary } = await findTemporalBinary({ cache, environment });
  const databaseFile = `${logFile}.db`;
  const spec = await prepareTemporal({
    ...{ binary, port, namespace, databaseFile, logFile, environment },
    uiPort: await freePort(),
    metricsPort: await freePort(),
  });
  return { binary, spec, forget: async () => deleteTemporalDatabase(databaseFile) };
}

async function cluster(port: number, logFile: string): Promise<Prepared> {
  const { cache, inherited: environment, temporalNamespace: namespace } = localSettings();
  const binaries = await findTemporalServerBinaries({ cache, environment });
  const store = `temporal_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const databases = {
    serverUrl: await asTemporalRole(testAddresses().databaseUrl),
    store,
    visibility: `${store}_visibility`,
  };
  const spec = await prepareTemporalCluster({
    ...{ binaries, databases, port, namespace, logFile, environment },
  });
  return { binary: binaries.server, spec, forget: () => dropTemporalDatabases(databases) };
}

/** With the rights ops/postgres/temporal-role.sh gives it, and no more. */
async function asTemporalRole(databaseUrl: string): Promise<string> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    // Two stacks may start at once.
    await client.query(`do $$ begin create role temporal login createdb password 'temporal';
      exception when duplicate_object or unique_violation then null; end $$`);
  } finally {
    await client.end();
  }
  const url = new URL(databaseUrl);
  url.username = 'temporal';
  url.password = 'temporal';
  return url.href;
}
