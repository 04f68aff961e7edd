/** All of Tender on one machine: started in order, kept running, stopped in order. */
import { localSettings } from '../env.ts';
import type { LocalSettings } from '../env.ts';
import type { ProcessIdentity } from '../servers/process-identity.ts';
import { deleteTemporalDatabase } from '../servers/temporal.ts';
import { removeEndpoints, writeEndpoints } from './endpoints.ts';
import type { Endpoints, PartName } from './endpoints.ts';
import { openHome, rotateLog } from './home.ts';
import type { Home } from './home.ts';
import { launchParts } from './launch.ts';
import { lockHome } from './lock.ts';
import { createParts } from './parts.ts';
import { partEnvironments, planStack } from './plan.ts';
import type { Plan } from './plan.ts';
import { stackPrograms } from './programs.ts';
import type { StackPrograms } from './programs.ts';
import { recordProcesses, stopRecordedProcesses } from './recorded-processes.ts';
import { openSecrets } from './secrets.ts';
import type { Secrets } from './secrets.ts';
import { signStaffTokens, writeStaffKeys } from './staff-tokens.ts';
import type { StaffTokens } from './staff-tokens.ts';

export interface StackOptions {
  /** Default: TENDER_HOME. */
  readonly home?: string;
  /** Default: TENDER_PORT; 0 picks a free one. */
  readonly port?: number;
  /** Default: from the environment. */
  readonly settings?: LocalSettings;
  readonly programs?: Partial<StackPrograms>;
  /** Told what happens; default: nobody. */
  readonly report?: (line: string) => void;
  /** Gives the start up; what it has started is stopped. */
  readonly signal?: AbortSignal;
  /** When this process has ended and we have not, the next start may stop us. */
  readonly launcher?: ProcessIdentity | undefined;
}

export interface Stack {
  readonly home: Home;
  /** What endpoints.json holds now. */
  readonly endpoints: Endpoints;
  /** SIGKILL; the part comes back by itself. */
  readonly kill: (part: PartName) => void;
  /** Takes effect when Temporal starts again: `kill('temporal')`. */
  readonly deleteTemporalDatabase: () => void;
  /** In order, each asked before it is killed. */
  readonly stop: () => Promise<void>;
  /** SIGKILL to all at once. */
  readonly killAll: () => void;
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const given = options.settings ?? localSettings();
  const settings = { ...given, home: options.home ?? given.home, port: options.port ?? given.port };
  const home = openHome(settings.home);
  const lock = await lockHome(home.lock, options.launcher);
  try {
    return await startLocked(settings, home, options, lock.release);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function startLocked(
  settings: LocalSettings,
  home: Home,
  options: StackOptions,
  release: () => void,
): Promise<Stack> {
  removeEndpoints(home.endpoints);
  await stopRecordedProcesses(home.processes);
  for (const name of loggedNames) rotateLog(home.log(name));
  const secrets = await openSecrets(home.secrets);
  writeStaffKeys(home.staffKeys, secrets.staffKey);
  const staff = await signStaffTokens(secrets.staffKey);
  const plan = await planStack(settings, secrets);
  const report = options.report ?? ((): void => undefined);
  let published = false;
  const publish = (): void => {
    if (published) writeEndpoints(home.endpoints, currentEndpoints());
  };
  const parts = createParts({
    records: recordProcesses(home.processes),
    report,
    onChange: publish,
  });
  const currentEndpoints = (): Endpoints =>
    makeEndpoints({ settings, secrets, plan, staff, processes: parts.pids() });
  await launchOrStop(options.signal, parts.stop, (signal) =>
    launchParts({
      settings,
      home,
      secrets,
      plan,
      programs: { ...stackPrograms, ...options.programs },
      environments: partEnvironments({ settings, secrets, plan, home }),
      parts,
      report,
      signal,
    }),
  );
  published = true;
  publish();
  return {
    home,
    get endpoints() {
      return currentEndpoints();
    },
    kill: (part) => parts.kill(part),
    deleteTemporalDatabase: () => deleteTemporalDatabase(home.temporalDatabase),
    stop: async () => {
      published = false;
      removeEndpoints(home.endpoints);
      await parts.stop();
      release();
    },
    killAll: () => {
      parts.killAll();
      removeEndpoints(home.endpoints);
      release();
    },
  };
}

const loggedNames = [
  'api',
  'background',
  'sandbox',
  'postgres',
  'temporal',
  'migrate',
  'bundle',
] as const;

/** At the first failure, or when given up: everything ends, then the first reason is thrown. */
async function launchOrStop(
  givenUp: AbortSignal | undefined,
  stop: () => Promise<void>,
  launch: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const signal = AbortSignal.any(givenUp ? [givenUp, failed.signal] : [failed.signal]);
  const stopOnAbort = (): void => void stop();
  signal.addEventListener('abort', stopOnAbort, { once: true });
  try {
    await launch(signal);
    signal.throwIfAborted();
  } catch (error) {
    failed.abort(error);
    await stop();
    throw givenUp?.aborted === true ? givenUp.reason : error;
  } finally {
    signal.removeEventListener('abort', stopOnAbort);
  }
}

interface EndpointFacts {
  readonly settings: LocalSettings;
  readonly secrets: Secrets;
  readonly plan: Plan;
  readonly staff: StaffTokens;
  readonly processes: Endpoints['processes'];
}

function makeEndpoints({ settings, secrets, plan, staff, processes }: EndpointFacts): Endpoints {
  const [merchant, second] = secrets.merchants;
  const ownTemporal = settings.temporalAddress === undefined;
  return {
    api: { url: plan.apiUrl, key: merchant.apiKey },
    second_merchant: { key: second.apiKey },
    staff,
    sandbox: { url: plan.sandboxUrl },
    temporal: {
      address: plan.temporalAddress,
      namespace: settings.temporalNamespace,
      ui: ownTemporal ? `http://127.0.0.1:${plan.ports.temporalUi}` : null,
    },
    database: { url: plan.workerDatabaseUrl },
    processes,
  };
}
