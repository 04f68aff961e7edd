/**
 * Before all tests: one PostgreSQL with a migrated template database, one Temporal server, one
 * workflow bundle. Test files learn of them through the environment (`test/support/addresses.ts`)
 * and clone a database each. TENDER_TEST_UNIT=1 skips the servers, for tests that need none.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTeardown } from './teardown.ts';

export default async function globalSetup(): Promise<void> {
  if (process.env['TENDER_TEST_UNIT'] === '1') return;
  // Loaded only now: the fast path stays free of the Temporal SDK and its webpack.
  const { startTestServers } = await import('../support/servers.ts');
  const { createTemplateDatabase } = await import('../support/database.ts');
  const { migrate } = await import('../../db/migrate.ts');
  const { bundleWorkflows } = await import('../../workers/bundle-workflows.ts');
  const servers = await startTestServers();
  onTeardown(() => servers.stop());
  const folder = await mkdtemp(join(tmpdir(), 'tender-bundle-'));
  onTeardown(() => rm(folder, { recursive: true, force: true }));
  const bundle = join(folder, 'workflows.js');
  await Promise.all([
    createTemplateDatabase(servers.databaseUrl, migrate),
    bundleWorkflows(bundle),
  ]);
  process.env['TENDER_TEST_DATABASE_URL'] = servers.databaseUrl;
  if (servers.temporalAddress !== undefined) {
    process.env['TENDER_TEST_TEMPORAL_ADDRESS'] = servers.temporalAddress;
  }
  process.env['TENDER_TEST_WORKFLOW_BUNDLE'] = bundle;
}
