import { hash } from 'node:crypto';
import type { Request } from './request.ts';

export function readKey(request: Request): string | null {
  const key = request.headers['idempotency-key'];
  return typeof key === 'string' && /^[\x21-\x7e]{1,255}$/.test(key) ? key : null;
}

/** A hash: a client may by mistake send a card number where a token belongs, and we keep neither. */
export function fingerprintOf(path: string, order: object): string {
  return hash('sha256', JSON.stringify([path, order]));
}
