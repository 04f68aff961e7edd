/**
 * The environment, read in this one place: per process, the frozen settings it goes by. The
 * variables themselves are in `variables.ts`, their documentation in `.env.example`.
 */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { readVariables, required, SettingsError } from './variables.ts';
import type { Environment, Variables } from './variables.ts';

export interface TemporalSettings {
  readonly address: string;
  readonly namespace: string;
}

/** What every long-lived process of ours reads. */
interface CommonSettings {
  readonly mode: 'test' | 'live';
  readonly logLevel: Variables['TENDER_LOG_LEVEL'];
  readonly parentWatch: boolean;
  readonly workerDatabaseUrl: string;
  readonly temporal: TemporalSettings;
}

export interface ApiSettings extends CommonSettings {
  readonly host: string;
  readonly port: number;
  readonly publicUrl: string;
  readonly apiDatabaseUrl: string;
  /** Path of the bundle made beforehand by `scripts/bundle-workflows.ts`. */
  readonly workflowBundle: string;
  /** Undefined where other providers are configured and the sandbox is not. */
  readonly sandbox: { readonly url: string; readonly webhookSecret: string } | undefined;
  readonly stripe: StripeSettings | undefined;
  readonly adyen: AdyenSettings | undefined;
  /** Per credential. */
  readonly requestsPerSecondMax: number;
  /** Whether a breaker and limits stand before each provider. */
  readonly protection: boolean;
  /** Paths of model files: the one that judges (undefined: the one that comes along), and those that look on. */
  readonly risk: { readonly model: string | undefined; readonly shadows: readonly string[] };
  /** `jwks` is a file's path or an https URL. Without these no staff token is accepted. */
  readonly staff:
    { readonly jwks: string; readonly issuer: string; readonly audience: string } | undefined;
}

export interface StripeSettings {
  readonly secretKey: string;
  readonly webhookSecrets: readonly string[];
  readonly url: string | undefined;
}

export interface AdyenSettings {
  readonly apiKey: string;
  readonly merchantAccount: string;
  readonly hmacKeys: readonly string[];
  readonly mode: 'test' | 'live';
  readonly livePrefix: string | undefined;
  readonly url: string | undefined;
}

/** Who may download settlement reports, and from where; payments may be made by another. */
export interface AdyenReportSettings {
  readonly merchantAccount: string;
  readonly credentials:
    { readonly user: string; readonly password: string } | { readonly apiKey: string };
  readonly url: string;
  readonly firstBatch: number;
}

export interface BackgroundSettings extends CommonSettings {
  readonly workflowBundle: string;
  /** Whose files are fetched, and through which merchants are paid out; undefined: nobody's, through nobody. */
  readonly sandbox: ApiSettings['sandbox'];
  readonly stripe: ApiSettings['stripe'];
  readonly adyenReports: AdyenReportSettings | undefined;
}

export interface MigrateSettings {
  readonly databaseUrl: string;
  readonly apiPassword: string;
  readonly workerPassword: string;
  /** JSON: the merchants of an installation that has no other way to them yet. */
  readonly seed: string | undefined;
}

/** What `npm start` and the test servers go by. */
export interface LocalSettings {
  readonly home: string;
  readonly cache: string;
  readonly host: string;
  readonly port: number;
  readonly publicUrl: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly apiDatabaseUrl: string | undefined;
  readonly workerDatabaseUrl: string | undefined;
  readonly temporalAddress: string | undefined;
  readonly temporalNamespace: string;
  readonly sandboxPort: number | undefined;
  readonly searchPath: string;
  /** npm ran us: then npm's end, also by SIGKILL, is ours. */
  readonly startedByNpm: boolean;
  /** What the children inherit: all but our own variables, which each is given anew. */
  readonly inherited: Readonly<Record<string, string>>;
  /** Our own variables as they were set, for api and background, where nothing else is decided. */
  readonly forwarded: Readonly<Record<string, string>>;
}

export function apiSettings(env: Environment = process.env): ApiSettings {
  const values = readVariables(env);
  const stripe = stripeSettings(values);
  const adyen = adyenSettings(values);
  return Object.freeze({
    ...commonSettings(values),
    host: values.TENDER_HOST,
    port: values.TENDER_PORT,
    publicUrl: values.TENDER_PUBLIC_URL ?? `http://${values.TENDER_HOST}:${values.TENDER_PORT}`,
    apiDatabaseUrl: required(values, 'TENDER_API_DATABASE_URL'),
    requestsPerSecondMax: values.TENDER_REQUESTS_PER_SECOND,
    protection: values.TENDER_PROTECTION,
    risk: Object.freeze({
      model: values.TENDER_RISK_MODEL,
      shadows: (values.TENDER_RISK_SHADOW_MODELS ?? '').split(',').filter((path) => path !== ''),
    }),
    workflowBundle: required(values, 'TENDER_WORKFLOW_BUNDLE'),
    // There must be somebody to ask, and where nobody else is named it is the sandbox.
    sandbox:
      (stripe ?? adyen) !== undefined && values.TENDER_SANDBOX_URL === undefined
        ? undefined
        : Object.freeze({
            url: required(values, 'TENDER_SANDBOX_URL'),
            webhookSecret: required(values, 'TENDER_SANDBOX_WEBHOOK_SECRET'),
          }),
    stripe,
    adyen,
    staff:
      values.TENDER_STAFF_JWKS === undefined
        ? undefined
        : Object.freeze({
            jwks: values.TENDER_STAFF_JWKS,
            issuer: required(values, 'TENDER_STAFF_ISSUER'),
            audience: required(values, 'TENDER_STAFF_AUDIENCE'),
          }),
  });
}

export function backgroundSettings(env: Environment = process.env): BackgroundSettings {
  const values = readVariables(env);
  const workflowBundle = required(values, 'TENDER_WORKFLOW_BUNDLE');
  const { TENDER_SANDBOX_URL: url, TENDER_SANDBOX_WEBHOOK_SECRET: webhookSecret } = values;
  const isSetUp = url !== undefined && webhookSecret !== undefined;
  const sandbox = isSetUp ? Object.freeze({ url, webhookSecret }) : undefined;
  const stripe = stripeSettings(values);
  const adyenReports = adyenReportSettings(values);
  const senders = { sandbox, stripe, adyenReports };
  return Object.freeze({ ...commonSettings(values), workflowBundle, ...senders });
}

/** Of the job that registers the namespace. */
export function namespaceSettings(env: Environment = process.env): TemporalSettings {
  return temporalSettings(readVariables(env));
}

export function migrateSettings(env: Environment = process.env): MigrateSettings {
  const values = readVariables(env);
  return Object.freeze({
    databaseUrl: required(values, 'DATABASE_URL'),
    apiPassword: required(values, 'TENDER_API_DB_PASSWORD'),
    workerPassword: required(values, 'TENDER_WORKER_DB_PASSWORD'),
    seed: values.TENDER_SEED,
  });
}

export function localSettings(env: Environment = process.env): LocalSettings {
  const values = readVariables(env);
  if (values.TENDER_MODE === 'live') {
    throw new SettingsError(
      'TENDER_MODE: "live" is for a deployment of its own; npm start runs against the sandbox',
    );
  }
  const project = join(import.meta.dirname, '..');
  const caches = env['XDG_CACHE_HOME'] ?? '';
  return Object.freeze({
    home: resolve(values.TENDER_HOME ?? join(project, '.tender')),
    cache: resolve(values.TENDER_CACHE ?? join(caches || join(homedir(), '.cache'), 'tender')),
    host: values.TENDER_HOST,
    port: values.TENDER_PORT,
    publicUrl: values.TENDER_PUBLIC_URL,
    databaseUrl: values.DATABASE_URL,
    apiDatabaseUrl: values.TENDER_API_DATABASE_URL,
    workerDatabaseUrl: values.TENDER_WORKER_DATABASE_URL,
    temporalAddress: values.TENDER_TEMPORAL_ADDRESS,
    temporalNamespace: values.TENDER_TEMPORAL_NAMESPACE,
    sandboxPort: values.TENDER_SANDBOX_PORT,
    searchPath: env['PATH'] ?? '',
    startedByNpm: env['npm_lifecycle_event'] !== undefined,
    inherited: Object.freeze(variablesOf(env, (name) => !isOurs(name))),
    forwarded: Object.freeze(variablesOf(env, (name) => isOurs(name) && !ownerVariables.has(name))),
  });
}

/** A test key in a live installation would book play money as real, and the other way round. */
function stripeSettings(values: Variables): StripeSettings | undefined {
  const { TENDER_STRIPE_SECRET_KEY: secretKey, TENDER_MODE: mode } = values;
  if (secretKey === undefined) return undefined;
  if (!secretKey.includes(`k_${mode}_`)) {
    throw new SettingsError(`TENDER_STRIPE_SECRET_KEY: is not a key of the mode "${mode}"`);
  }
  const webhookSecrets = required(values, 'TENDER_STRIPE_WEBHOOK_SECRETS').split(',');
  return Object.freeze({ secretKey, webhookSecrets, url: values.TENDER_STRIPE_URL });
}

/** Its keys do not say of which mode they are; its live addresses have the company's own prefix. */
function adyenSettings(values: Variables): AdyenSettings | undefined {
  const { TENDER_ADYEN_API_KEY: apiKey, TENDER_MODE: mode, TENDER_ADYEN_URL: url } = values;
  if (apiKey === undefined) return undefined;
  const isTheirs = mode === 'live' && url === undefined;
  return Object.freeze({
    apiKey,
    merchantAccount: required(values, 'TENDER_ADYEN_MERCHANT_ACCOUNT'),
    hmacKeys: required(values, 'TENDER_ADYEN_HMAC_KEYS').split(','),
    mode,
    livePrefix: isTheirs
      ? required(values, 'TENDER_ADYEN_LIVE_PREFIX')
      : values.TENDER_ADYEN_LIVE_PREFIX,
    url,
  });
}

/** Undefined: they are uploaded. */
function adyenReportSettings(values: Variables): AdyenReportSettings | undefined {
  const { TENDER_ADYEN_REPORT_USER: user, TENDER_ADYEN_REPORT_API_KEY: apiKey } = values;
  const { TENDER_MODE: mode, TENDER_ADYEN_FIRST_BATCH: firstBatch } = values;
  if (user === undefined && apiKey === undefined) return undefined;
  if (user !== undefined && apiKey !== undefined) {
    throw new SettingsError(
      'TENDER_ADYEN_REPORT_API_KEY: there is a TENDER_ADYEN_REPORT_USER as well',
    );
  }
  const url = values.TENDER_ADYEN_REPORT_URL ?? `https://ca-${mode}.adyen.com/reports/download`;
  if (mode === 'live' && !url.startsWith('https:')) {
    throw new SettingsError('TENDER_ADYEN_REPORT_URL: must be https:// in live mode');
  }
  const credentials =
    user === undefined
      ? { apiKey: apiKey ?? '' }
      : { user, password: required(values, 'TENDER_ADYEN_REPORT_PASSWORD') };
  const merchantAccount = required(values, 'TENDER_ADYEN_MERCHANT_ACCOUNT');
  return Object.freeze({ merchantAccount, credentials, url, firstBatch });
}

function commonSettings(values: Variables): CommonSettings {
  return {
    mode: values.TENDER_MODE,
    logLevel: values.TENDER_LOG_LEVEL,
    parentWatch: values.TENDER_PARENT_WATCH,
    workerDatabaseUrl: required(values, 'TENDER_WORKER_DATABASE_URL'),
    temporal: temporalSettings(values),
  };
}

function temporalSettings(values: Variables): TemporalSettings {
  return Object.freeze({
    address: required(values, 'TENDER_TEMPORAL_ADDRESS'),
    namespace: values.TENDER_TEMPORAL_NAMESPACE,
  });
}

/** What only migrations may know. */
const ownerVariables: ReadonlySet<string> = new Set([
  'DATABASE_URL',
  'TENDER_API_DB_PASSWORD',
  'TENDER_WORKER_DB_PASSWORD',
  'TENDER_SEED',
]);

function isOurs(name: string): boolean {
  return name.startsWith('TENDER_') || name === 'DATABASE_URL';
}

function variablesOf(env: Environment, wanted: (name: string) => boolean): Record<string, string> {
  const chosen: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && wanted(name)) chosen[name] = value;
  }
  return chosen;
}
