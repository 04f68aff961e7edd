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

const read = ['payments:read', 'events:read'] as const;
const roleScopes: ReadonlyMap<string, readonly Scope[]> = new Map<string, readonly Scope[]>([
  ['viewer', read],
  ['support', [...read, 'refunds:write', 'payments:cancel']],
  ['finance', [...read, 'ledger:read']],
  ['admin', [...read, 'payments:write', 'payments:cancel', 'refunds:write', 'ledger:read']],
]);

export function createStaffTokens(settings: StaffTokenSettings): StaffTokens {
  const keys = keySet(settings.jwks);
  return {
    async verify(token) {
      const { issuer, audience } = settings;
      const options = { issuer, audience, algorithms, clockTolerance: clockToleranceSeconds };
      try {
        const { payload } = await jwtVerify(token, await keys(), {
          ...options,
          requiredClaims: ['sub', 'exp'],
        });
        const subject = payload.sub ?? '';
        return subject === '' ? null : { subject, scopes: scopesOf(payload) };
      } catch (error) {
        // An identity provider that cannot be reached is not the caller's fault.
        if (error instanceof errors.JWKSTimeout) throw error;
        if (error instanceof errors.JOSEError) return null;
        throw error;
      }
    },
  };
}

/** Files are read at the first token; URLs are fetched, cached and refreshed by jose. */
function keySet(jwks: string): () => Promise<JWTVerifyGetKey> {
  let keys: Promise<JWTVerifyGetKey> | undefined;
  return () => (keys ??= loadKeySet(jwks));
}

async function loadKeySet(jwks: string): Promise<JWTVerifyGetKey> {
  if (/^https?:\/\//.test(jwks)) return createRemoteJWKSet(new URL(jwks));
  return createLocalJWKSet(JSON.parse(await readFile(jwks, 'utf8')) as JSONWebKeySet);
}

/** `roles` as a list, or one `role`; unknown ones give nothing. */
function scopesOf(claims: Readonly<Record<string, unknown>>): readonly Scope[] {
  const { roles = [], role } = claims;
  const named = [...(Array.isArray(roles) ? (roles as unknown[]) : [roles]), role];
  return [...new Set(named.flatMap((name) => roleScopes.get(String(name)) ?? []))];
}
