/** Brings the compared systems up beside a running stack. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';
import pg from 'pg';
import { writeFile } from 'node:fs/promises';
import { localSettings } from '../../runtime/env.ts';
import { writePrivateJson } from '../../runtime/local/private-file.ts';
import { projectFolder } from '../../runtime/local/programs.ts';
import { openSecrets } from '../../runtime/local/secrets.ts';
import type { Stack } from '../../runtime/local/stack.ts';
import { hasReadyLine } from '../../runtime/ready.ts';
import { freePort } from '../../runtime/servers/ports.ts';
import { postgresUrl } from '../../runtime/servers/postgres.ts';
import { startProcess, waitUntilReady } from '../../runtime/servers/process.ts';
import type { ProcessSpec, RunningProcess } from '../../runtime/servers/process.ts';
import { usualSchema } from './activities.ts';
import type { UsualWaySettings } from './server.ts';

export interface UsualWay {
  readonly url: string;
  readonly databaseUrl: string;
  readonly process: RunningProcess;
}

const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

export async function startUsualWay(
  stack: Stack,
  environment: Readonly<Record<string, string>>,
): Promise<UsualWay> {
  const secrets = await openSecrets(stack.home.secrets);
  const databaseUrl = await createDatabase(stack, secrets.postgresPassword);
  const port = await freePort();
  const settings: UsualWaySettings = {
    port,
    databaseUrl,
    temporalAddress: stack.endpoints.temporal.address,
    namespace: stack.endpoints.temporal.namespace,
    sandboxUrl: stack.endpoints.sandbox.url,
    webhookSecret: secrets.sandboxWebhookSecret,
    workflowBundle: await bundle(stack.home.bundles),
  };
  const settingsFile = join(stack.home.bundles, 'usual-way.json');
  writePrivateJson(settingsFile, settings);
  const spec: ProcessSpec = {
    name: 'usual-way',
    command: [
      process.execPath,
      join(projectFolder, 'bench', 'usual-way', 'server.ts'),
      settingsFile,
    ],
    environment: { ...localSettings().inherited, ...environment },
    cwd: projectFolder,
    logFile: stack.home.log('usual-way'),
    stop: { signal: 'SIGTERM', timeoutMs: 10_000 },
    watchesParent: true,
    isReady: (output) => hasReadyLine(output()),
    readyTimeoutMs: 60_000,
  };
  const running = await startProcess(spec);
  await waitUntilReady(spec, running);
  return { url: `http://127.0.0.1:${port}`, databaseUrl, process: running };
}

/** A database of its own, so that its commits can be told from Tender's. */
async function createDatabase(stack: Stack, password: string): Promise<string> {
  const port = Number(new URL(stack.endpoints.database.url).port);
  const run = async (database: string, sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: postgresUrl({ port, password, database }) });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  await run('postgres', 'create database usual_way');
  await run('usual_way', usualSchema);
  return postgresUrl({ port, password, database: 'usual_way' });
}

async function bundle(folder: string): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)),
    logger: quiet,
  });
  const file = join(folder, 'usual-way.js');
  await writeFile(file, code);
  return file;
}
