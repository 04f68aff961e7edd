/**
 * `npm run try:image`: what the image would hold, made in a folder and run without containers. Only
 * production packages, only the folders the Dockerfile copies, the commands and variables of
 * docker-compose.yml, no right to write but where the sandbox keeps its books; PostgreSQL and a
 * Temporal server on it beside. Ends after one payment, and with status 0 only if all of it worked.
 */
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { localSettings } from '../runtime/env.ts';
import { newId } from '../runtime/ids.ts';
import { ensureDatabase } from '../runtime/local/local-database.ts';
import { projectFolder } from '../runtime/local/programs.ts';
import { freePort } from '../runtime/servers/ports.ts';
import { postgresUrl, preparePostgres } from '../runtime/servers/postgres.ts';
import { startProcess, waitUntilReady } from '../runtime/servers/process.ts';
import type { ProcessSpec, RunningProcess } from '../runtime/servers/process.ts';
import { runCommand } from '../runtime/servers/run-command.ts';
import { prepareTemporalCluster } from '../runtime/servers/temporal-cluster.ts';
import { findTemporalServerBinaries } from '../runtime/servers/temporal-server-binaries.ts';
import {
  copiedPaths,
  exampleVariables,
  imageVariables,
  readCompose,
} from '../test/support/deployment-files.ts';

/** The number that the official images give their user `node`. */
const user = { uid: 1000, gid: 1000 };
const account = process.getuid?.() === 0 ? user : undefined;

const settings = localSettings();
const { inherited } = settings;
const folder = mkdtempSync(join(tmpdir(), 'tender-image-'));
chmodSync(folder, 0o755);
const image = join(folder, 'tender');
const data = join(folder, 'data');
const running: RunningProcess[] = [];
const apiKey = `tk_test_${'k'.repeat(40)}`;
const merchant = { id: newId('mer'), name: 'The Corner Shop', apiKey };
const ports = {
  api: await freePort(),
  sandbox: await freePort(),
  postgres: await freePort(),
  temporal: await freePort(),
};

async function succeed(
  name: string,
  command: readonly string[],
  cwd: string,
  env: Env = inherited,
): Promise<void> {
  const { ok, output } = await runCommand(command, {
    timeoutMs: 600_000,
    environment: env,
    cwd,
    account: env === inherited ? undefined : account,
  });
  if (!ok) throw new Error(`${name} failed:\n${output.split('\n').slice(-20).join('\n')}`);
  console.log(`${name}: ${output.split('\n').at(-1) ?? ''}`);
}

type Env = Readonly<Record<string, string>>;

/** As the Dockerfile does. */
async function makeImage(): Promise<void> {
  mkdirSync(image);
  mkdirSync(data);
  if (account !== undefined) chownSync(data, account.uid, account.gid);
  for (const path of ['package.json', 'package-lock.json', '.npmrc', ...copiedPaths()]) {
    cpSync(join(projectFolder, path), join(image, path), {
      recursive: true,
      filter: (source) => !/(\.test\.ts|\/testing)$/.test(source),
    });
  }
  await succeed('npm ci', ['npm', 'ci', '--omit=dev', '--include=optional'], image);
  const bundle = join(image, 'workflows.bundle.js');
  await succeed('bundle', [process.execPath, 'scripts/bundle-workflows.ts', bundle], image);
}

/** The environment docker-compose.yml gives, with this machine's addresses in place of its names. */
function environmentOf(name: string): Env {
  const compose = readCompose({
    ...exampleVariables,
    TENDER_SEED: JSON.stringify({ merchants: [merchant] }),
    TENDER_PUBLIC_URL: `http://127.0.0.1:${ports.api}`,
    TENDER_SANDBOX_PUBLIC_URL: `http://127.0.0.1:${ports.sandbox}`,
  });
  const given = { ...imageVariables(), ...compose.services[name]?.environment };
  const local = Object.entries(given).map(([variable, value]) => [
    variable,
    value
      .replace(
        /\b(postgres|temporal|api|sandbox):(5432|7233|8080|8090)\b/,
        (_all, host: string) => {
          return `127.0.0.1:${ports[host as keyof typeof ports]}`;
        },
      )
      .replace(/^0\.0\.0\.0$/, '127.0.0.1')
      .replace(/^\/tender\//, `${image}/`)
      .replace(/^\/data\//, `${data}/`),
  ]);
  return {
    ...(Object.fromEntries(local) as Record<string, string>),
    ...(name === 'api' && { TENDER_PORT: String(ports.api) }),
    ...(name === 'sandbox' && { TENDER_SANDBOX_PORT: String(ports.sandbox) }),
  };
}

function commandOf(name: string): readonly string[] {
  const [, ...args] = readCompose(exampleVariables).services[name]?.command ?? [];
  return [process.execPath, ...args];
}

async function start(spec: ProcessSpec): Promise<void> {
  const process = await startProcess(spec);
  running.push(process);
  await waitUntilReady(spec, process);
  console.log(`${spec.name} is ready`);
}

async function startServers(): Promise<void> {
  const password = exampleVariables['POSTGRES_PASSWORD'] ?? '';
  await start(
    await preparePostgres({
      folder: join(folder, 'postgres'),
      port: ports.postgres,
      password,
      logFile: join(folder, 'postgres.log'),
      environment: inherited,
    }),
  );
  const serverUrl = postgresUrl({ port: ports.postgres, password, database: 'postgres' });

  await ensureDatabase(postgresUrl({ port: ports.postgres, password, database: 'tender' }));
  const search = { cache: settings.cache, environment: inherited, report: console.log };
  await start(
    await prepareTemporalCluster({
      binaries: await findTemporalServerBinaries(search),
      databases: { serverUrl, store: 'temporal', visibility: 'temporal_visibility' },
      port: ports.temporal,
      namespace: 'default',
      logFile: join(folder, 'temporal.log'),
      environment: inherited,
    }),
  );
}

async function startService(name: string, isReady: ProcessSpec['isReady']): Promise<void> {
  await start({
    name,
    command: commandOf(name),
    environment: environmentOf(name),
    cwd: image,
    account,
    logFile: join(folder, `${name}.log`),
    stop: { signal: 'SIGTERM', timeoutMs: 10_000 },
    watchesParent: false,
    isReady,
    readyTimeoutMs: 60_000,
  });
}

function healthy(port: number): () => Promise<boolean> {
  const url = `http://127.0.0.1:${port}/livez`;
  const check = [process.execPath, 'ops/healthcheck.mjs', url];
  return async () =>
    (await runCommand(check, { timeoutMs: 3_000, environment: {}, cwd: image, account })).ok;
}

async function pay(): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${ports.api}/v1/payments`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      'idempotency-key': newId('pay'),
      prefer: 'wait=30',
    },
    body: JSON.stringify({
      amount: 2499,
      currency: 'EUR',
      capture_method: 'automatic',
      payment_method: { type: 'card', token: 'tok_visa' },
    }),
  });
  const { status } = (await response.json()) as { status?: string };
  if (response.status !== 201) throw new Error(`the payment was answered ${response.status}`);
  console.log(`a payment: ${response.status} ${status ?? ''}`);
}

/** The last started first; each must end by itself when asked. */
async function stopServices(): Promise<void> {
  for (const process of running.splice(2).reverse()) {
    await process.stop();
    const reason = await process.ended;
    if (reason !== 'exit status 0') throw new Error(`a process ended with ${reason}`);
  }
  console.log('every process ended with status 0 when asked');
}

try {
  await makeImage();
  await startServers();
  for (const job of ['migrate', 'temporal-namespace', 'migrate', 'temporal-namespace']) {
    await succeed(job, commandOf(job), image, environmentOf(job));
  }
  await startService('sandbox', healthy(ports.sandbox));
  await startService('api', healthy(ports.api));
  await startService('background', (output) => output().includes('"ready":true'));
  await pay();
  await stopServices();
} finally {
  for (const process of running.reverse()) await process.stop();
  rmSync(folder, { recursive: true, force: true });
}
