/** Everything a start settles before it starts anything: ports, addresses, environments. */
import type { LocalSettings } from '../env.ts';
import { freePort, isFree } from '../servers/ports.ts';
import { postgresUrl } from '../servers/postgres.ts';
import type { Home } from './home.ts';
import { asRole } from './local-database.ts';
import { compileCache } from './programs.ts';
import type { Secrets } from './secrets.ts';
import { staffAudience, staffIssuer } from './staff-tokens.ts';

export interface Plan {
  readonly ports: {
    readonly api: number;
    readonly sandbox: number;
    readonly postgres: number;
    readonly temporal: number;
    readonly temporalUi: number;
    readonly temporalMetrics: number;
  };
  readonly apiUrl: string;
  readonly sandboxUrl: string;
  readonly temporalAddress: string;
  readonly databaseUrl: string;
  readonly apiDatabaseUrl: string;
  readonly workerDatabaseUrl: string;
}

export async function planStack(settings: LocalSettings, secrets: Secrets): Promise<Plan> {
  const ports = {
    api: settings.port === 0 ? await freePort() : settings.port,
    sandbox: settings.sandboxPort ?? (await freePort()),
    postgres: await freePort(),
    temporal: await freePort(),
    temporalUi: await freePort(),
    temporalMetrics: await freePort(),
  };
  await refuseBusyPort('TENDER_PORT', ports.api, settings.host);
  await refuseBusyPort('TENDER_SANDBOX_PORT', ports.sandbox, '127.0.0.1');
  const databaseUrl =
    settings.databaseUrl ??
    postgresUrl({ port: ports.postgres, password: secrets.postgresPassword, database: 'tender' });
  return {
    ports,
    apiUrl: `http://${reachable(settings.host)}:${ports.api}`,
    sandboxUrl: `http://127.0.0.1:${ports.sandbox}`,
    temporalAddress: settings.temporalAddress ?? `127.0.0.1:${ports.temporal}`,
    databaseUrl,
    apiDatabaseUrl:
      settings.apiDatabaseUrl ?? asRole(databaseUrl, 'tender_api', secrets.apiDbPassword),
    workerDatabaseUrl:
      settings.workerDatabaseUrl ?? asRole(databaseUrl, 'tender_worker', secrets.workerDbPassword),
  };
}

async function refuseBusyPort(variable: string, port: number, host: string): Promise<void> {
  if (await isFree(port, host)) return;
  throw new Error(
    `${variable}: port ${port} on ${host} is taken by another process; set ${variable} to a free one.`,
  );
}

function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

export interface PartEnvironments {
  readonly migrate: Readonly<Record<string, string>>;
  readonly sandbox: Readonly<Record<string, string>>;
  /** Of api and background alike. */
  readonly service: Readonly<Record<string, string>>;
  /** Of programs that are not ours. */
  readonly foreign: Readonly<Record<string, string>>;
}

export interface EnvironmentOptions {
  readonly settings: LocalSettings;
  readonly secrets: Secrets;
  readonly plan: Plan;
  readonly home: Home;
}

export function partEnvironments(options: EnvironmentOptions): PartEnvironments {
  const { settings, secrets, plan, home } = options;
  const foreign = settings.inherited;
  const ours = { ...foreign, NODE_COMPILE_CACHE: compileCache, TENDER_MODE: 'test' };
  const webhookSecret = { TENDER_SANDBOX_WEBHOOK_SECRET: secrets.sandboxWebhookSecret };
  return {
    foreign,
    migrate: {
      ...ours,
      DATABASE_URL: plan.databaseUrl,
      TENDER_API_DB_PASSWORD: new URL(plan.apiDatabaseUrl).password,
      TENDER_WORKER_DB_PASSWORD: new URL(plan.workerDatabaseUrl).password,
      TENDER_SEED: JSON.stringify({ merchants: secrets.merchants }),
    },
    sandbox: {
      ...ours,
      ...webhookSecret,
      TENDER_PARENT_WATCH: '1',
      TENDER_SANDBOX_PORT: String(plan.ports.sandbox),
      TENDER_SANDBOX_DATA: home.sandboxData,
      TENDER_SANDBOX_WEBHOOK_URL: `${plan.apiUrl}/webhooks`,
      TENDER_SANDBOX_CLOCK_URL: `${plan.apiUrl}/sandbox/clock`,
    },
    service: {
      ...ours,
      ...settings.forwarded,
      ...webhookSecret,
      TENDER_PARENT_WATCH: '1',
      TENDER_HOST: settings.host,
      TENDER_PORT: String(plan.ports.api),
      TENDER_PUBLIC_URL: settings.publicUrl ?? plan.apiUrl,
      TENDER_API_DATABASE_URL: plan.apiDatabaseUrl,
      TENDER_WORKER_DATABASE_URL: plan.workerDatabaseUrl,
      TENDER_TEMPORAL_ADDRESS: plan.temporalAddress,
      TENDER_TEMPORAL_NAMESPACE: settings.temporalNamespace,
      TENDER_SANDBOX_URL: plan.sandboxUrl,
      TENDER_STAFF_JWKS: home.staffKeys,
      TENDER_STAFF_ISSUER: staffIssuer,
      TENDER_STAFF_AUDIENCE: staffAudience,
    },
  };
}
