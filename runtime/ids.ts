import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';

/** A prefixed UUIDv7, sortable by creation: `newId('pay')`. */
export function newId(prefix: string): string {
  return `${prefix}_${v7()}`;
}

/** 256 bits, for pages that are reached without credentials. */
export function newReturnToken(): string {
  return randomBytes(32).toString('base64url');
}
