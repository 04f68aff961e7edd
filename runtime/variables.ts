/**
 * Every environment variable Tender knows and what it may hold. A wrong value, or an unknown name
 * that begins with TENDER_, stops the start with a message that names it.
 */
import { z } from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

const portError = 'must be a port number, 1 to 65535';
const port = z.coerce.number(portError).int(portError).min(1, portError).max(65_535, portError);
const flag = z.enum(['0', '1']).transform((value) => value === '1');
const databaseUrl = z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' });
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' });
const text = z.string();
/** By a key that can be guessed, anybody could sign. */
const keyBytesMin = 24;
const webhookSecrets = z
  .string()
  .regex(/^whsec_[^\s,]+(,whsec_[^\s,]+)*$/, 'must be whsec_…, or several with commas between');
/** Ours are base64 behind the prefix, as Standard Webhooks has it. */
const base64Secrets = webhookSecrets.refine(
  (secrets) => eachAfterPrefix(secrets, (text) => Buffer.from(text, 'base64').length, isBase64),
  `must be base64 after whsec_, of ${String(keyBytesMin)} bytes or more`,
);
/** Stripe's are the key as they stand. */
const plainSecrets = webhookSecrets.refine(
  (secrets) => eachAfterPrefix(secrets, (text) => Buffer.byteLength(text)),
  `must have ${String(keyBytesMin)} characters or more after whsec_`,
);

/** What is no base64 decodes all the same, to fewer bytes or none. */
function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}

function eachAfterPrefix(
  secrets: string,
  bytesOf: (text: string) => number,
  isReadable: (text: string) => boolean = () => true,
): boolean {
  const texts = secrets.split(',').map((secret) => secret.replace(/^whsec_/, ''));
  return texts.every((text) => isReadable(text) && bytesOf(text) >= keyBytesMin);
}
const address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:]+\]|[^\s:/]+):\d{1,5}$/, 'must be host:port, without a scheme');

/** Each has its line in `.env.example`. All optional here; a process says what it cannot miss. */
const schema = z.object({
  TENDER_HOME: text.optional(),
  TENDER_HOST: text.default('127.0.0.1'),
  TENDER_PORT: port.default(8080),
  TENDER_PUBLIC_URL: httpUrl.optional(),
  TENDER_MODE: z.enum(['test', 'live']).default('test'),
  TENDER_LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .default('info'),
  DATABASE_URL: databaseUrl.optional(),
  TENDER_API_DATABASE_URL: databaseUrl.optional(),
  TENDER_WORKER_DATABASE_URL: databaseUrl.optional(),
  TENDER_API_DB_PASSWORD: text.optional(),
  TENDER_WORKER_DB_PASSWORD: text.optional(),
  TENDER_SEED: text.optional(),
  TENDER_TEMPORAL_ADDRESS: address.optional(),
  TENDER_TEMPORAL_NAMESPACE: text.default('default'),
  TENDER_WORKFLOW_BUNDLE: text.optional(),
  TENDER_REQUESTS_PER_SECOND: z.coerce.number().int().min(1).default(1000),
  TENDER_PROTECTION: flag.default(true),
  TENDER_RISK_MODEL: text.optional(),
  TENDER_RISK_SHADOW_MODELS: text.optional(),
  TENDER_STAFF_JWKS: text.optional(),
  TENDER_STAFF_ISSUER: text.optional(),
  TENDER_STAFF_AUDIENCE: text.optional(),
  TENDER_SANDBOX_URL: httpUrl.optional(),
  TENDER_SANDBOX_HOST: text.default('127.0.0.1'),
  TENDER_SANDBOX_PORT: port.optional(),
  TENDER_SANDBOX_PUBLIC_URL: httpUrl.optional(),
  TENDER_SANDBOX_DATA: text.optional(),
  TENDER_SANDBOX_WEBHOOK_URL: httpUrl.optional(),
  TENDER_SANDBOX_WEBHOOK_SECRET: base64Secrets.optional(),
  TENDER_SANDBOX_CLOCK_URL: httpUrl.optional(),
  TENDER_STRIPE_SECRET_KEY: z
    .string()
    .regex(/^[sr]k_(test|live)_\w+$/, 'must be sk_test_…, sk_live_… or a restricted rk_…')
    .optional(),
  TENDER_STRIPE_WEBHOOK_SECRETS: plainSecrets.optional(),
  TENDER_STRIPE_URL: httpUrl.optional(),
  TENDER_ADYEN_API_KEY: text.optional(),
  TENDER_ADYEN_MERCHANT_ACCOUNT: z
    .string()
    .regex(/^[\w-][\w.-]*$/, 'must be the name of a merchant account')
    .optional(),
  TENDER_ADYEN_HMAC_KEYS: z
    .string()
    .regex(
      /^([0-9A-Fa-f]{2}){24,}(,([0-9A-Fa-f]{2}){24,})*$/,
      'must be hexadecimal of 24 bytes or more, or several with commas between',
    )
    .optional(),
  TENDER_ADYEN_LIVE_PREFIX: z
    .string()
    .regex(/^[\w-]+$/, 'must be the prefix of the live addresses alone')
    .optional(),
  TENDER_ADYEN_URL: httpUrl.optional(),
  TENDER_ADYEN_REPORT_USER: z
    .string()
    .regex(/^[^:]+$/, 'must have no colon')
    .optional(),
  TENDER_ADYEN_REPORT_PASSWORD: text.optional(),
  TENDER_ADYEN_REPORT_API_KEY: text.optional(),
  TENDER_ADYEN_REPORT_URL: httpUrl.optional(),
  TENDER_ADYEN_FIRST_BATCH: z.coerce.number().int().min(1).default(1),
  TENDER_PARENT_WATCH: flag.default(false),
  TENDER_CACHE: text.optional(),
});

export type Variables = z.infer<typeof schema>;
type Name = keyof Variables;

/** Every variable there is; a test compares it with `.env.example`. */
export const variableNames: readonly Name[] = schema.keyof().options;

/** Their values are never repeated in a message. */
const secretName = /DATABASE_URL|PASSWORD|SECRET|SEED|_KEYS?$/;

export class SettingsError extends Error {
  override name = 'SettingsError';
}

export function required<N extends Name>(values: Variables, name: N): NonNullable<Variables[N]> {
  const value = values[name];
  if (value === undefined)
    throw new SettingsError(`${name}: is not set, and this process needs it`);
  return value;
}

export function readVariables(env: Environment): Variables {
  // Empty counts as absent: compose files and shells cannot easily unset a variable.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const read = schema.safeParse(given);
  const known = new Set<string>(variableNames);
  const problems = [
    ...Object.keys(given)
      .filter((name) => name.startsWith('TENDER_') && !known.has(name))
      .filter((name) => !name.startsWith('TENDER_TEST_')) // the test suite's own
      .map((name) => `${name}: there is no such variable (.env.example lists them all)`),
    ...(read.error?.issues ?? []).map((issue) => {
      const name = issue.path.join('.');
      const shown = secretName.test(name) ? '' : ` (it is "${given[name] ?? ''}")`;
      return `${name}: ${issue.message}${shown}`;
    }),
  ];
  if (problems.length > 0 || read.data === undefined) throw new SettingsError(problems.join('\n'));
  return read.data;
}
