/** What every adapter that speaks HTTP needs: a pool with deadlines, and what a broken call says. */
import { Agent } from 'undici';
import type { Dispatcher } from 'undici';

export interface ConnectionDeadlines {
  readonly connectMs: number;
  /** To the first byte of the reply; 0: only the deadline of the whole call counts. */
  readonly responseMs: number;
}

/** One pool for all providers of one host. The deadline of a whole call is the caller's. */
export function createPool({ connectMs, responseMs }: ConnectionDeadlines): Dispatcher {
  return new Agent({
    connect: { timeout: connectMs },
    keepAliveTimeout: 30_000,
    headersTimeout: responseMs,
    bodyTimeout: 0,
  });
}

const connectCodes: readonly unknown[] = ['ECONNREFUSED', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT'];

/**
 * Only what fails before there is a connection. A kept-alive socket that breaks looks alike but may
 * have carried the request, and its errors come from other system calls.
 */
export function isConnectError(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if ('errors' in error && Array.isArray(error.errors)) {
    return error.errors.length > 0 && error.errors.every(isConnectError);
  }
  if ('code' in error && connectCodes.includes(error.code)) return true;
  return 'syscall' in error && (error.syscall === 'connect' || error.syscall === 'getaddrinfo');
}

/** A code or a name, never a message: that may repeat what was sent. */
export function describeError(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'error';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'name' in error && typeof error.name === 'string' ? error.name : 'error';
}

/** Of 429 and 503, from Retry-After: seconds, or a date, by the provider's own clock (RFC 9110, 10.2.3). */
export function retryAfterOf(
  status: number,
  after: unknown,
  date: unknown,
): { readonly retryAfterMs?: number } {
  if (![429, 503].includes(status) || typeof after !== 'string') return {};
  const seconds = /^\d{1,9}$/.test(after);
  const ms = seconds ? Number(after) * 1_000 : Date.parse(after) - Date.parse(String(date));
  return ms > 0 ? { retryAfterMs: ms } : {};
}
