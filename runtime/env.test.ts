import { describe, expect, test } from '@jest/globals';
import { apiSettings, backgroundSettings, localSettings, migrateSettings } from './env.ts';
import { SettingsError } from './variables.ts';

const service = {
  TENDER_API_DATABASE_URL: 'postgres://tender_api:a@db/tender',
  TENDER_WORKER_DATABASE_URL: 'postgres://tender_worker:w@db/tender',
  TENDER_TEMPORAL_ADDRESS: 'temporal:7233',
  TENDER_WORKFLOW_BUNDLE: '/app/workflows.js',
  TENDER_SANDBOX_URL: 'http://sandbox:8090',
  TENDER_SANDBOX_WEBHOOK_SECRET: `whsec_${'AbCd'.repeat(8)}`,
};

describe('a start is stopped by', () => {
  test.each([
    ['a port that is no number', { TENDER_PORT: 'http' }, 'TENDER_PORT: must be a port number'],
    ['a port out of range', { TENDER_PORT: '70000' }, 'TENDER_PORT: must be a port number'],
    ['a mode that is neither', { TENDER_MODE: 'prod' }, 'TENDER_MODE: Invalid option'],
    ['live mode on one machine', { TENDER_MODE: 'live' }, 'TENDER_MODE: "live"'],
    ['a misspelt name', { TENDER_PROT: '1' }, 'TENDER_PROT: there is no such variable'],
    ['another database', { DATABASE_URL: 'mysql://u:hidden@h/d' }, 'DATABASE_URL: must be a'],
    ['a URL for an address', { TENDER_TEMPORAL_ADDRESS: 'http://h:1' }, 'must be host:port'],
  ])('%s, named in the message', (_case, env, message) => {
    expect(() => localSettings(env)).toThrow(SettingsError);
    expect(() => localSettings(env)).toThrow(message);
  });

  const good = 'AbCd'.repeat(8);
  test.each([
    ['is not base64, and would decode to nothing', 'whsec_!'],
    ['decodes to less than 24 bytes', `whsec_${'AbCd'.repeat(7)}AbE=`],
    ['is base64 up to a point', `whsec_${good}!`],
    ['comes second', `whsec_${good},whsec_!`],
  ])('a secret for events that %s', (_case, secret) => {
    const act = (): unknown => localSettings({ TENDER_SANDBOX_WEBHOOK_SECRET: secret });
    expect(act).toThrow('TENDER_SANDBOX_WEBHOOK_SECRET: must be base64 after whsec_, of 24 bytes');
  });

  test('something missing that the process needs', () => {
    expect(() => apiSettings({ ...service, TENDER_TEMPORAL_ADDRESS: '' })).toThrow(
      'TENDER_TEMPORAL_ADDRESS: is not set',
    );
    expect(() => migrateSettings({})).toThrow('DATABASE_URL: is not set');
  });
});

test('a message never repeats a secret', () => {
  const env = { DATABASE_URL: 'mysql://u:hidden@h/d', TENDER_SANDBOX_WEBHOOK_SECRET: 'hidden' };
  const message = messageOf(() => localSettings(env));
  expect(message).toContain('DATABASE_URL');
  expect(message).toContain('TENDER_SANDBOX_WEBHOOK_SECRET');
  expect(message).not.toContain('hidden');
});

test('settings are frozen, and an empty variable counts as absent', () => {
  const settings = apiSettings({ ...service, TENDER_PORT: '' });
  expect(settings.port).toBe(8080);
  expect(Object.isFrozen(settings)).toBe(true);
});

describe('Stripe', () => {
  const { TENDER_SANDBOX_URL: _url, TENDER_SANDBOX_WEBHOOK_SECRET: _secret, ...live } = service;
  const stripe = {
    TENDER_STRIPE_SECRET_KEY: 'sk_live_x',
    TENDER_STRIPE_WEBHOOK_SECRETS: `whsec_${'n'.repeat(32)},whsec_${'o'.repeat(32)}`,
  };

  test('is enough in live mode, where no sandbox is', () => {
    const settings = apiSettings({ ...live, ...stripe, TENDER_MODE: 'live' });
    expect(settings.sandbox).toBeUndefined();
    expect(settings.stripe?.webhookSecrets).toEqual([
      `whsec_${'n'.repeat(32)}`,
      `whsec_${'o'.repeat(32)}`,
    ]);
  });

  test('is not there unless it is configured', () => {
    expect(apiSettings(service).stripe).toBeUndefined();
    expect(() => apiSettings(live)).toThrow('TENDER_SANDBOX_URL: is not set');
  });

  test.each([
    ['a key of the other mode', { ...stripe, TENDER_MODE: 'test' }, 'not a key of the mode "test"'],
    ['no secret for its events', { ...stripe, TENDER_MODE: 'live', TENDER_STRIPE_WEBHOOK_SECRETS: '' }, 'TENDER_STRIPE_WEBHOOK_SECRETS'],
    ['a secret that can be guessed', { ...stripe, TENDER_MODE: 'live', TENDER_STRIPE_WEBHOOK_SECRETS: `${stripe.TENDER_STRIPE_WEBHOOK_SECRETS},whsec_hidden` }, 'must have 24 characters or more after whsec_'],
    ['no secret key at all', { ...stripe, TENDER_MODE: 'live', TENDER_STRIPE_SECRET_KEY: 'hidden' }, 'TENDER_STRIPE_SECRET_KEY'],
  ])('with %s stops the start', (_case, env, message) => {
    const act = (): unknown => apiSettings({ ...service, ...env });
    expect(act).toThrow(message);
    expect(messageOf(act)).not.toContain('hidden');
  }); // prettier-ignore
});

describe('Adyen', () => {
  const { TENDER_SANDBOX_URL: _url, TENDER_SANDBOX_WEBHOOK_SECRET: _secret, ...rest } = service;
  const adyen = {
    TENDER_ADYEN_API_KEY: 'hidden',
    TENDER_ADYEN_MERCHANT_ACCOUNT: 'Shop',
    TENDER_ADYEN_HMAC_KEYS: `${'ab'.repeat(32)},${'CD'.repeat(32)}`,
  };
  const live = { ...adyen, TENDER_MODE: 'live', TENDER_ADYEN_LIVE_PREFIX: '1797a841fbb37ca7-Shop' };

  test('is enough in live mode, where no sandbox is', () => {
    const settings = apiSettings({ ...rest, ...live });
    expect(settings.sandbox).toBeUndefined();
    expect(settings.adyen).toMatchObject({ mode: 'live', livePrefix: '1797a841fbb37ca7-Shop' });
    expect(settings.adyen?.hmacKeys).toEqual(['ab'.repeat(32), 'CD'.repeat(32)]);
  });

  test('is not there unless it is configured', () => {
    expect(apiSettings(service).adyen).toBeUndefined();
    expect(apiSettings({ ...service, ...adyen }).adyen).toMatchObject({ mode: 'test' });
  });

  test.each([
    ['no account', { ...adyen, TENDER_ADYEN_MERCHANT_ACCOUNT: '' }, 'TENDER_ADYEN_MERCHANT_ACCOUNT'],
    ['no key for its events', { ...adyen, TENDER_ADYEN_HMAC_KEYS: '' }, 'TENDER_ADYEN_HMAC_KEYS'],
    ['a key that is not hexadecimal', { ...adyen, TENDER_ADYEN_HMAC_KEYS: 'hidden' }, 'TENDER_ADYEN_HMAC_KEYS'],
    ['a key of 23 bytes', { ...adyen, TENDER_ADYEN_HMAC_KEYS: 'ab'.repeat(23) }, 'must be hexadecimal of 24 bytes or more'],
    ['half a byte too many', { ...adyen, TENDER_ADYEN_HMAC_KEYS: `${'ab'.repeat(32)}c` }, 'TENDER_ADYEN_HMAC_KEYS'],
    ['no prefix in live mode', { ...live, TENDER_ADYEN_LIVE_PREFIX: '' }, 'TENDER_ADYEN_LIVE_PREFIX'],
    ['an address for a prefix', { ...live, TENDER_ADYEN_LIVE_PREFIX: 'https://x' }, 'TENDER_ADYEN_LIVE_PREFIX'],
  ])('with %s stops the start', (_case, env, message) => {
    const act = (): unknown => apiSettings({ ...service, ...env });
    expect(act).toThrow(message);
    expect(messageOf(act)).not.toContain('hidden');
  }); // prettier-ignore
});

describe("Adyen's reports", () => {
  const reports = {
    TENDER_ADYEN_MERCHANT_ACCOUNT: 'Shop',
    TENDER_ADYEN_REPORT_USER: 'report@Company.Shop',
    TENDER_ADYEN_REPORT_PASSWORD: 'hidden',
  };
  const byKey = { TENDER_ADYEN_MERCHANT_ACCOUNT: 'Shop', TENDER_ADYEN_REPORT_API_KEY: 'hidden' };

  test("are fetched from Adyen's own address of the mode, also where payments are made elsewhere", () => {
    expect(backgroundSettings(service).adyenReports).toBeUndefined();
    expect(backgroundSettings({ ...service, ...reports }).adyenReports).toEqual({
      ...{ merchantAccount: 'Shop', firstBatch: 1 },
      credentials: { user: 'report@Company.Shop', password: 'hidden' },
      url: 'https://ca-test.adyen.com/reports/download',
    });
    const live = { ...byKey, TENDER_MODE: 'live', TENDER_ADYEN_FIRST_BATCH: '41' };
    expect(backgroundSettings({ ...service, ...live }).adyenReports).toEqual({
      ...{ merchantAccount: 'Shop', firstBatch: 41, credentials: { apiKey: 'hidden' } },
      url: 'https://ca-live.adyen.com/reports/download',
    });
  });

  test.each([
    ['no account', { ...reports, TENDER_ADYEN_MERCHANT_ACCOUNT: '' }, 'TENDER_ADYEN_MERCHANT_ACCOUNT: is not set'],
    ['an account that leads elsewhere', { ...reports, TENDER_ADYEN_MERCHANT_ACCOUNT: '..' }, 'TENDER_ADYEN_MERCHANT_ACCOUNT'],
    ['no password', { ...reports, TENDER_ADYEN_REPORT_PASSWORD: '' }, 'TENDER_ADYEN_REPORT_PASSWORD'],
    ['a user and a key', { ...reports, ...byKey }, 'TENDER_ADYEN_REPORT_API_KEY'],
    ['a user with a colon', { ...reports, TENDER_ADYEN_REPORT_USER: 'a:b' }, 'TENDER_ADYEN_REPORT_USER'],
    ['a batch 0', { ...reports, TENDER_ADYEN_FIRST_BATCH: '0' }, 'TENDER_ADYEN_FIRST_BATCH'],
    ['a key in the clear', { ...byKey, TENDER_MODE: 'live', TENDER_ADYEN_REPORT_URL: 'http://x/' }, 'must be https'],
  ])('with %s stop the start', (_case, env, message) => {
    const act = (): unknown => backgroundSettings({ ...service, ...env });
    expect(act).toThrow(message);
    expect(messageOf(act)).not.toContain('hidden');
  }); // prettier-ignore
});

test("children inherit what is not ours; the services also what is, but not the owner's", () => {
  const env = { PATH: '/bin', TENDER_LOG_LEVEL: 'debug', DATABASE_URL: 'postgres://o:o@h/d' };
  const { inherited, forwarded } = localSettings(env);
  expect(inherited).toEqual({ PATH: '/bin' });
  expect(forwarded).toEqual({ TENDER_LOG_LEVEL: 'debug' });
});

function messageOf(act: () => unknown): string {
  try {
    act();
    return '';
  } catch (error) {
    return error instanceof SettingsError ? error.message : '';
  }
}
