/** Stands in for a company's identity provider: bearer tokens for local use, and their key set. */
import { importJWK, SignJWT } from 'jose';
import { writePrivateJson } from './private-file.ts';
import type { StaffKey } from './secrets.ts';

export const staffIssuer = 'tender-local';
export const staffAudience = 'tender';

/** Two people of support: whoever asks for an approval cannot give it. */
const people = {
  viewer: 'viewer',
  support: 'support',
  support2: 'support',
  finance: 'finance',
  admin: 'admin',
} as const;

export type StaffTokens = Readonly<Record<keyof typeof people, string>>;

export async function signStaffTokens(key: StaffKey): Promise<StaffTokens> {
  const signer = await importJWK(key, 'EdDSA');
  const sign = (person: string, role: string): Promise<string> =>
    new SignJWT({ roles: [role], name: person })
      .setProtectedHeader({ alg: 'EdDSA', kid: key.kid, typ: 'JWT' })
      .setSubject(`${person}@tender.local`)
      .setIssuer(staffIssuer)
      .setAudience(staffAudience)
      .setIssuedAt()
      .setExpirationTime('365d')
      .sign(signer);
  const [viewer, support, support2, finance, admin] = await Promise.all([
    sign('viewer', people.viewer),
    sign('support', people.support),
    sign('support2', people.support2),
    sign('finance', people.finance),
    sign('admin', people.admin),
  ]);
  return { viewer, support, support2, finance, admin };
}

/** The public half, for the API. */
export function writeStaffKeys(path: string, { kty, crv, x, kid }: StaffKey): void {
  writePrivateJson(path, { keys: [{ kty, crv, x, kid, alg: 'EdDSA', use: 'sig' }] });
}
