/** Who is asking: an API key of a merchant's system, or a member of staff. Default: nobody. */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { HttpError } from './http-errors.ts';
import type { Principal, Principals, Scope } from './ports.ts';
import type { StaffTokens } from './staff-tokens.ts';
import { merchantIdPattern } from './schema/ids.ts';

export interface Authentication {
  /** Of this installation: a key of the other one is refused whatever it may do there. */
  readonly mode: 'test' | 'live';
  readonly principals: Principals;
  readonly staff: StaffTokens | null;
}

const apiKey = /^tk_(test|live)_[0-9A-Za-z]{16,128}$/;
const reasonLengthMax = 500;

export async function authenticate(
  { mode, principals, staff }: Authentication,
  headers: IncomingHttpHeaders,
): Promise<Principal> {
  const token = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) throw unauthenticated('Send an Authorization: Bearer header.');
  const key = apiKey.exec(token);
  if (key !== null) {
    if (key[1] !== mode) throw wrongMode(mode);
    const found = await principals.byApiKey(createHash('sha256').update(token).digest());
    if (found === null) throw unauthenticated('There is no such API key, or it was revoked.');
    if (found.mode !== mode) throw wrongMode(mode);
    return found;
  }
  const member = (await staff?.verify(token)) ?? null;
  if (member === null) throw unauthenticated('The token is not valid here, or has expired.');
  const reason = headerText(headers, 'x-reason')?.slice(0, reasonLengthMax);
  return {
    merchantId: await merchantOf(principals, headers),
    mode,
    scopes: member.scopes,
    actor: { kind: 'staff', id: member.subject },
    person: member.subject,
    ...(reason !== undefined && { reason }),
  };
}

/** Any one of the scopes is enough. */
export function authorize(principal: Principal, anyOf: readonly Scope[]): void {
  if (anyOf.some((scope) => principal.scopes.includes(scope))) return;
  throw new HttpError('forbidden', `This needs the scope ${anyOf.join(' or ')}.`);
}

async function merchantOf(principals: Principals, headers: IncomingHttpHeaders): Promise<string> {
  const merchantId = headerText(headers, 'tender-merchant');
  const pointer = '/headers/Tender-Merchant';
  if (merchantId === undefined) {
    throw new HttpError('merchant_missing', 'Staff name the merchant by Tender-Merchant.', {
      errors: [{ pointer, detail: 'is required with a staff token' }],
    });
  }
  if (!merchantIdPattern.test(merchantId) || !(await principals.merchantExists(merchantId))) {
    throw new HttpError('not_found', 'There is no such merchant.', {
      errors: [{ pointer, detail: 'names no merchant' }],
    });
  }
  return merchantId;
}

function headerText(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function unauthenticated(detail: string): HttpError {
  return new HttpError('unauthenticated', detail, { headers: { 'WWW-Authenticate': 'Bearer' } });
}

function wrongMode(mode: string): HttpError {
  return new HttpError('wrong_mode', `This installation takes ${mode} keys only.`, {
    headers: { 'WWW-Authenticate': 'Bearer' },
  });
}
