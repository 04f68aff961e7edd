/**
 * The real thing for end-to-end tests: API, payment worker and background as processes of their own, a
 * Temporal server of their own (so that a test may stop it), a sandbox in this process, and a database
 * cloned from the template. Each part can be stopped and started again on its port.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectDb } from '../../db/client.ts';
import { seedMerchants, type SeedMerchant } from '../../db/seed.ts';
import { localSettings } from '../../runtime/env.ts';
import { newId } from '../../runtime/ids.ts';
import { compileCache, projectFolder, stackPrograms } from '../../runtime/local/programs.ts';
import { makeStaffKey } from '../../runtime/local/secrets.ts';
import {
  signStaffTokens,
  staffAudience,
  staffIssuer,
  writeStaffKeys,
  type StaffTokens,
} from '../../runtime/local/staff-tokens.ts';
import { hasReadyLine } from '../../runtime/ready.ts';
import { freePort } from '../../runtime/servers/ports.ts';
import {
  startProcess,
  waitUntilReady,
  type ProcessSpec,
  type RunningProcess,
} from '../../runtime/servers/process.ts';
import { startTestSandbox, type TestSandbox } from '../../sandbox/testing/client.ts';
import { onCluster, testAddresses } from './addresses.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { createHttpClient, type HttpClient } from './http.ts';
import { openRows, type Rows } from './rows.ts';
import { prepareStackTemporal } from './stack-temporal.ts';

export type StackPart = 'temporal' | 'api' | 'background';

export interface TestStack {
  readonly api: HttpClient;
  readonly apiUrl: string;
  /** Own funds, facilitator, unique references, and one that nothing valid is asked for. */
  readonly merchants: readonly [SeedMerchant, SeedMerchant, SeedMerchant, SeedMerchant];
  /** Refunds above 50.00 need a second person. */
  readonly limited: SeedMerchant;
  /** Its payments are judged as its settings say; nobody else's are challenged, held or stopped. */
  readonly watched: SeedMerchant;
  /** Bearer tokens, as `npm start` makes them. */
  readonly staff: StaffTokens;
  readonly sandbox: TestSandbox;
  /** The whole database, past row-level security. */
  readonly rows: Rows;
  readonly temporalAddress: string;
  readonly temporalBinary: string;
  /** SIGKILL, as a crash would end it. */
  kill(part: StackPart): Promise<void>;
  /** Asks it to end, waits until it has. */
  halt(part: StackPart): Promise<void>;
  start(part: StackPart): Promise<void>;
  /** Temporal's own database is lost; takes effect at its next start. */
  forgetTemporal(): Promise<void>;
  stop(): Promise<void>;
}

const webhookSecret = `whsec_${Buffer.from('a secret of the end-to-end tests').toString('base64')}`;

function merchant(name: string, changes: Partial<SeedMerchant> = {}): SeedMerchant {
  const apiKey = `tk_test_${name.padEnd(40, '0')}`;
  const id = newId('mer');
  return { id, name, apiKey, fundModel: 'own', uniqueReference: false, ...changes };
}

/** `settingsOf`: what the services are told besides, once it is known where the sandbox is. */
export async function startTestStack(
  settingsOf: (place: {
    readonly sandboxUrl: string;
    readonly webhookSecret: string;
  }) => Readonly<Record<string, string>> = () => ({}),
): Promise<TestStack> {
  const folder = mkdtempSync(join(tmpdir(), 'tender-e2e-'));
  const database = await createTestDatabase();
  const merchants = [
    merchant('first'),
    merchant('second', { fundModel: 'facilitator' }),
    merchant('third', { uniqueReference: true }),
    merchant('fourth'),
  ] as const;
  const limited = merchant('limited', { refundLimits: { USD: 5_000, EUR: 5_000 } });
  const watched = merchant('watched');
  await seed(database, [...merchants, limited, watched]);
  const staffKey = await makeStaffKey();
  const staff = await signStaffTokens(staffKey);
  writeStaffKeys(join(folder, 'staff-keys.json'), staffKey);
  const apiPort = await freePort();
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  const sandbox = await startTestSandbox({
    webhookUrl: `${apiUrl}/webhooks`,
    webhookSecret,
    clockUrl: `${apiUrl}/sandbox/clock`,
  });
  const temporal = await prepareStackTemporal(folder);
  const { address: temporalAddress, binary: temporalBinary } = temporal;
  const settings = settingsOf({ sandboxUrl: sandbox.url, webhookSecret });
  const specs = partSpecs({
    folder,
    database,
    apiPort,
    apiUrl,
    sandbox,
    temporalAddress,
    settings,
  });
  const parts = createParts({ ...specs, temporal: temporal.spec });
  const rows = openRows(database.ownerUrl);
  const stop = async (): Promise<void> => {
    await Promise.all([parts.halt('api'), parts.halt('background')]);
    await parts.kill('temporal');
    await temporal.forget();
    await sandbox.close();
    await rows.close();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    // Somebody must have made the namespace, as a deployment's job does.
    if (onCluster()) await parts.start('temporal');
    // All at once: each waits for what it needs, which is a rule of its own.
    await Promise.all([
      onCluster() ? undefined : parts.start('temporal'),
      parts.start('api'),
      parts.start('background'),
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  const api = createHttpClient(apiUrl, merchants[0].apiKey);
  const forgetTemporal = async (): Promise<void> => {
    await parts.kill('temporal');
    await temporal.forget();
  };
  return {
    ...{
      api,
      apiUrl,
      merchants,
      limited,
      watched,
      staff,
      sandbox,
      rows,
      temporalAddress,
      temporalBinary,
    },
    ...parts,
    forgetTemporal,
    stop,
  };
}

async function seed(database: TestDatabase, merchants: readonly SeedMerchant[]): Promise<void> {
  const onError = (): void => undefined;
  const db = connectDb({
    url: database.ownerUrl,
    applicationName: 'seed',
    poolSize: 1,
    onError,
  });
  await seedMerchants(db, merchants);
  await db.destroy();
}

interface Places {
  readonly folder: string;
  readonly database: TestDatabase;
  readonly apiPort: number;
  readonly apiUrl: string;
  readonly sandbox: TestSandbox;
  readonly temporalAddress: string;
  readonly settings: Readonly<Record<string, string>>;
}

type NodeParts = Readonly<Record<Exclude<StackPart, 'temporal'>, ProcessSpec>>;

function partSpecs(places: Places): NodeParts {
  const { folder, apiPort, apiUrl } = places;
  const { inherited, temporalNamespace } = localSettings();
  const environment = {
    ...inherited,
    NODE_COMPILE_CACHE: compileCache,
    TENDER_MODE: 'test',
    TENDER_LOG_LEVEL: 'warn',
    TENDER_PARENT_WATCH: '1',
    TENDER_PORT: String(apiPort),
    TENDER_PUBLIC_URL: apiUrl,
    TENDER_API_DATABASE_URL: places.database.apiUrl,
    TENDER_WORKER_DATABASE_URL: places.database.workerUrl,
    TENDER_TEMPORAL_ADDRESS: places.temporalAddress,
    TENDER_TEMPORAL_NAMESPACE: temporalNamespace,
    TENDER_WORKFLOW_BUNDLE: testAddresses().workflowBundle,
    TENDER_SANDBOX_URL: places.sandbox.url,
    TENDER_SANDBOX_WEBHOOK_SECRET: webhookSecret,
    TENDER_STAFF_JWKS: join(folder, 'staff-keys.json'),
    TENDER_STAFF_ISSUER: staffIssuer,
    TENDER_STAFF_AUDIENCE: staffAudience,
    TENDER_REQUESTS_PER_SECOND: '100000',
    // So many tokens that misbehave at once would open a breaker in the middle of another test; it has
    // tests of its own, and a drill.
    TENDER_PROTECTION: '0',
    ...places.settings,
  };
  const nodePart = (name: string, program: string): Omit<ProcessSpec, 'isReady'> => ({
    name,
    command: [process.execPath, program],
    environment,
    cwd: projectFolder,
    logFile: join(folder, `${name}.log`),
    stop: { signal: 'SIGTERM', timeoutMs: 10_000 },
    watchesParent: true,
    readyTimeoutMs: 60_000,
  });
  return {
    api: { ...nodePart('api', stackPrograms.api), isReady: () => answersOk(`${apiUrl}/livez`) },
    background: {
      ...nodePart('background', stackPrograms.background),
      isReady: (output) => hasReadyLine(output()),
    },
  };
}

type Parts = Pick<TestStack, 'kill' | 'halt' | 'start'>;

function createParts(specs: Readonly<Record<StackPart, ProcessSpec>>): Parts {
  const running = new Map<StackPart, RunningProcess>();
  const leave = async (part: StackPart, end: 'kill' | 'stop'): Promise<void> => {
    const process = running.get(part);
    if (process === undefined) return;
    if (end === 'kill') process.kill();
    else await process.stop();
    await process.ended;
  };
  return {
    kill: (part) => leave(part, 'kill'),
    halt: (part) => leave(part, 'stop'),
    start: async (part) => {
      const process = await startProcess(specs[part]);
      running.set(part, process);
      await waitUntilReady(specs[part], process);
    },
  };
}

export async function answersOk(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
    (response) => response.ok,
    () => false,
  );
}
