/** Staff by OIDC: a bearer token of the company's own identity provider, with roles. */
import { readFile } from 'node:fs/promises';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  jwtVerify,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from 'jose';
import { HttpError } from './http-errors.ts';
import type { Scope } from './ports.ts';

export interface StaffTokenSettings {
  /** A file's path or a URL. */
  readonly jwks: string;
  readonly issuer: string;
  readonly audience: string;
}

export interface StaffMember {
  readonly subject: string;
  readonly scopes: readonly Scope[];
}

export interface StaffTokens {
  /** Null: not a token we accept. */
  verify(token: string): Promise<StaffMember | null>;
}

/** Named one by one: what a token claims about itself decides nothing (no `none`, no shared secrets). */
const algorithms = ['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256'];
const clockToleranceSeconds = 30;

const read = [
  'payments:read',
  'events:read',
  'routing:read',
  'settings:read',
  'approvals:read',
  'breaks:read',
  'reconciliations:read',
  'payouts:read',
  'risk:read',
  'reviews:read',
] as const;
/** Asking for what takes two people, and being the second one. */
const second = ['payments:resolve', 'approvals:decide'] as const;
/** Reviews, and what one person puts on a list alone: it ends by itself, or somebody takes it off. */
const watch = ['reviews:decide', 'risk:lists'] as const;
const roleScopes: ReadonlyMap<string, readonly Scope[]> = new Map<string, readonly Scope[]>([
  ['viewer', read],
  ['support', [...read, 'refunds:write', 'payments:cancel', ...second, ...watch]],
  [
    'finance',
    [
      ...[...read, 'ledger:read', 'ledger:close', 'routing:approve', 'settings:approve', ...second],
      ...['breaks:resolve', 'reconciliations:write', 'payouts:write', 'audit:read'],
      ...['risk:approve', ...watch],
    ] as Scope[],
  ],
  [
    'admin',
    [
      ...[...read, 'payments:write', 'payments:cancel', 'refunds:write'],
      ...[
        'ledger:read',
        'ledger:close',
        'routing:write',
        'routing:approve',
        'settings:write',
        'settings:approve',
        'breaks:resolve',
        'reconciliations:write',
        'payouts:write',
        'audit:read',
        'risk:write',
        'risk:approve',
        ...second,
        ...watch,
      ],
    ] as Scope[],
  ],
]);

/** A file is read now, so that a wrong path stops the start; a URL is fetched and refreshed by jose. */
export async function createStaffTokens(settings: StaffTokenSettings): Promise<StaffTokens> {
  const { issuer, audience } = settings;
  const keys = await loadKeySet(settings.jwks);
  const options = {
    issuer,
    audience,
    algorithms,
    clockTolerance: clockToleranceSeconds,
    requiredClaims: ['sub', 'exp'],
  };
  return {
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, keys, options);
        const { sub = '' } = payload;
        return sub === '' ? null : { subject: sub, scopes: scopesOf(payload) };
      } catch (error) {
        if (isTokenFault(error)) return null;
        throw new HttpError('unavailable', 'The identity provider cannot be reached.', {
          cause: error,
          headers: { 'Retry-After': '1' },
        });
      }
    },
  };
}

async function loadKeySet(jwks: string): Promise<JWTVerifyGetKey> {
  if (/^https?:\/\//.test(jwks)) return createRemoteJWKSet(new URL(jwks));
  return createLocalJWKSet(JSON.parse(await readFile(jwks, 'utf8')) as JSONWebKeySet);
}

/** An identity provider that is away, or answers nonsense, is not the caller's fault. */
function isTokenFault(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return false;
  return error instanceof errors.JOSEError && error.code !== 'ERR_JOSE_GENERIC';
}

/** `roles` as a list, or one `role`; unknown ones give nothing. */
function scopesOf(claims: Readonly<Record<string, unknown>>): readonly Scope[] {
  const { roles = [], role } = claims;
  const named = [...(Array.isArray(roles) ? (roles as unknown[]) : [roles]), role];
  return [...new Set(named.flatMap((name) => roleScopes.get(String(name)) ?? []))];
}
