import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { fakePorts, startApi, type TestApi } from '../test/support/api.ts';
import { aSnapshot } from '../test/support/snapshot.ts';
import type { Principal } from './ports.ts';
import { createStaffTokens } from './staff-tokens.ts';

const paymentId = 'pay_019ab5e2-7c1a-7d3e-9f00-3b2a6c1d4e5f';
const folder = mkdtempSync(join(tmpdir(), 'tender-jwks-'));
let ours: CryptoKey;
let theirs: CryptoKey;
let api: TestApi;
let asked: Principal | undefined;

beforeAll(async () => {
  const pair = await generateKeyPair('EdDSA');
  ours = pair.privateKey;
  theirs = (await generateKeyPair('EdDSA')).privateKey;
  const jwks = join(folder, 'jwks.json');
  writeFileSync(
    jwks,
    JSON.stringify({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: '1' }] }),
  );
  const ports = fakePorts({
    payments: {
      find: async (principal) => {
        asked = principal;
        return aSnapshot();
      },
      cancel: async () => ({ kind: 'not_found' }),
      refund: async () => ({ kind: 'not_found' }),
    },
    ledger: { trialBalance: async () => ({ asOf: '2026-11-22T00:00:00Z', balances: [] }) },
  });
  const staff = await createStaffTokens({ jwks, issuer: 'tender-local', audience: 'tender' });
  api = await startApi(ports, { staff });
});
afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

interface TokenParts {
  readonly roles?: readonly string[];
  readonly key?: CryptoKey;
  readonly issuer?: string;
  readonly audience?: string;
  readonly expires?: string | null;
  readonly subject?: string | null;
}

async function token(parts: TokenParts = {}): Promise<string> {
  const { roles = ['viewer'], expires = '1h', subject = 'ann@tender.local' } = parts;
  const jwt = new SignJWT({ roles })
    .setProtectedHeader({ alg: 'EdDSA', kid: '1' })
    .setIssuer(parts.issuer ?? 'tender-local')
    .setAudience(parts.audience ?? 'tender')
    .setIssuedAt();
  if (expires !== null) jwt.setExpirationTime(expires);
  if (subject !== null) jwt.setSubject(subject);
  return jwt.sign(parts.key ?? ours);
}

async function get(
  path: string,
  key: string,
  headers: Record<string, string> = {},
): Promise<number> {
  const all = { 'tender-merchant': 'mer_demo', ...headers };
  return (await api.call(path, { key, headers: all })).status;
}

describe('a staff token', () => {
  test('acts for the merchant it names, as the person it was given to', async () => {
    const headers = { 'x-reason': 'ticket 7' };
    expect(await get(`/v1/payments/${paymentId}`, await token(), headers)).toBe(200);
    expect(asked).toMatchObject({
      merchantId: 'mer_demo',
      mode: 'test',
      actor: { kind: 'staff', id: 'ann@tender.local' },
      person: 'ann@tender.local',
      reason: 'ticket 7',
    });
  });

  test('needs a merchant, and one that exists', async () => {
    const key = await token();
    const none = await api.call(`/v1/payments/${paymentId}`, { key });
    expect(none.body).toMatchObject({ status: 400, code: 'merchant_missing' });
    expect(await get(`/v1/payments/${paymentId}`, key, { 'tender-merchant': 'mer_x' })).toBe(404);
  });

  test.each<[string, () => TokenParts]>([
    ['signed by somebody else', () => ({ key: theirs })],
    ['of another issuer', () => ({ issuer: 'evil' })],
    ['for another audience', () => ({ audience: 'other' })],
    ['that has expired', () => ({ expires: '1 hour ago' })],
    ['that never expires', () => ({ expires: null })],
    ['of nobody', () => ({ subject: null })],
  ])('%s is refused', async (_what, parts) => {
    expect(await get(`/v1/payments/${paymentId}`, await token(parts()))).toBe(401);
  });

  test('without signature, or signed with a shared secret, is refused', async () => {
    const [, body = ''] = (await token()).split('.');
    const encode = (header: object): string =>
      Buffer.from(JSON.stringify(header)).toString('base64url');
    const unsigned = `${encode({ alg: 'none' })}.${body}.`;
    expect(await get(`/v1/payments/${paymentId}`, unsigned)).toBe(401);
    const shared = await new SignJWT({ roles: ['admin'] })
      .setProtectedHeader({ alg: 'HS256', kid: '1' })
      .setSubject('eve')
      .setIssuer('tender-local')
      .setAudience('tender')
      .setExpirationTime('1h')
      .sign(Buffer.alloc(32));
    expect(await get(`/v1/payments/${paymentId}`, shared)).toBe(401);
  });
});

describe('roles', () => {
  const refund = `/v1/payments/${paymentId}/refunds`;
  const cancel = `/v1/payments/${paymentId}/cancel`;
  // 404 is the fake port's answer: the role was let through.
  test.each([
    ['viewer', { read: 200, refund: 403, cancel: 403, ledger: 403, create: 403 }],
    ['support', { read: 200, refund: 404, cancel: 404, ledger: 403, create: 403 }],
    ['finance', { read: 200, refund: 403, cancel: 403, ledger: 200, create: 403 }],
    ['admin', { read: 200, refund: 404, cancel: 404, ledger: 200, create: 400 }],
    ['stranger', { read: 403, refund: 403, cancel: 403, ledger: 403, create: 403 }],
  ])('%s', async (role, expected) => {
    const key = await token({ roles: [role] });
    const headers = { 'tender-merchant': 'mer_demo', 'idempotency-key': 'k' };
    const post = async (path: string, body: object): Promise<number> =>
      (await api.call(path, { method: 'POST', key, headers, body })).status;
    expect({
      read: await get(`/v1/payments/${paymentId}`, key),
      refund: await post(refund, { reason: 'broken' }),
      cancel: await post(cancel, {}),
      ledger: await get('/v1/ledger/trial_balance', key),
      create: await post('/v1/payments', {}),
    }).toEqual(expected);
  });
});
