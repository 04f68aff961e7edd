/** The steps of a start; what does not wait for another runs beside it. */
import { findTemporalBinary } from '../servers/temporal-binary.ts';
import { prepareTemporal } from '../servers/temporal.ts';
import { preparePostgres } from '../servers/postgres.ts';
import type { LocalSettings } from '../env.ts';
import type { Home } from './home.ts';
import { ensureDatabase } from './local-database.ts';
import { apiSpec, backgroundSpec, sandboxSpec } from './node-parts.ts';
import type { Parts } from './parts.ts';
import type { PartEnvironments, Plan } from './plan.ts';
import { compileCache, projectFolder } from './programs.ts';
import type { StackPrograms } from './programs.ts';
import { runStep } from './run-step.ts';
import type { Secrets } from './secrets.ts';
import { ensureWorkflowBundle } from './workflow-bundle.ts';

export interface Launch {
  readonly settings: LocalSettings;
  readonly home: Home;
  readonly secrets: Secrets;
  readonly plan: Plan;
  readonly programs: StackPrograms;
  readonly environments: PartEnvironments;
  readonly parts: Parts;
  readonly report: (line: string) => void;
  /** Aborted when somebody gave the start up, or a step beside this one failed. */
  readonly signal: AbortSignal;
}

export async function launchParts(launch: Launch): Promise<void> {
  const [workflowBundle] = await Promise.all([
    bundleWorkflows(launch),
    startDatabase(launch),
    startTemporal(launch),
    startSandbox(launch),
  ]);
  launch.signal.throwIfAborted();
  const { parts } = launch;
  await Promise.all([
    parts.start('api', apiSpec(launch, workflowBundle)),
    parts.start('background', backgroundSpec(launch, workflowBundle)),
  ]);
  launch.report(`API and workers are ready: ${launch.plan.apiUrl}`);
}

async function startDatabase(launch: Launch): Promise<void> {
  const { settings, plan, parts, home } = launch;
  if (settings.databaseUrl === undefined) {
    const spec = await preparePostgres({
      folder: home.postgres,
      port: plan.ports.postgres,
      password: launch.secrets.postgresPassword,
      logFile: home.log('postgres'),
      environment: launch.environments.foreign,
    });
    await parts.start('postgres', spec);
    launch.report(`PostgreSQL is ready: embedded, port ${plan.ports.postgres}`);
  } else {
    launch.report('PostgreSQL: DATABASE_URL');
  }
  await ensureDatabase(plan.databaseUrl);
  await runNode(launch, 'migrate', launch.programs.migrate, [], launch.environments.migrate);
}

async function startTemporal(launch: Launch): Promise<void> {
  const { settings, plan, parts, home } = launch;
  if (settings.temporalAddress !== undefined) {
    launch.report(`Temporal: TENDER_TEMPORAL_ADDRESS (${settings.temporalAddress})`);
    return;
  }
  const { foreign } = launch.environments;
  const binary = await findTemporalBinary({
    cache: settings.cache,
    environment: foreign,
    report: launch.report,
    signal: launch.signal,
  });
  const spec = await prepareTemporal({
    binary: binary.path,
    port: plan.ports.temporal,
    uiPort: plan.ports.temporalUi,
    metricsPort: plan.ports.temporalMetrics,
    namespace: settings.temporalNamespace,
    databaseFile: home.temporalDatabase,
    logFile: home.log('temporal'),
    environment: foreign,
  });
  await parts.start('temporal', spec);
  launch.report(`Temporal is ready: ${binary.source}, port ${plan.ports.temporal}`);
}

async function startSandbox(launch: Launch): Promise<void> {
  await launch.parts.start('sandbox', sandboxSpec(launch));
  launch.report(`The sandbox is ready: ${launch.plan.sandboxUrl}`);
}

function bundleWorkflows(launch: Launch): Promise<string> {
  return ensureWorkflowBundle({
    project: projectFolder,
    folder: launch.home.bundles,
    make: (outFile) =>
      runNode(launch, 'bundle', launch.programs.bundleWorkflows, [outFile], {
        ...launch.environments.foreign,
        NODE_COMPILE_CACHE: compileCache,
      }),
  });
}

function runNode(
  { home, signal }: Launch,
  name: string,
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  return runStep({
    name,
    command: [process.execPath, program, ...args],
    environment,
    cwd: projectFolder,
    logFile: home.log(name),
    signal,
  });
}
