/** A sandbox in the test's own process, and calls to it as any client would make them. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MovementRow } from '../store/movements.ts';
import { startSandbox } from '../sandbox.ts';
import type { SandboxOptions } from '../sandbox.ts';

export interface CallResult {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

export type BookedMovement = Omit<MovementRow, 'at'> & {
  readonly at: string;
  readonly fee: number;
};

export interface SandboxClient {
  readonly url: string;
  call(method: string, path: string, body?: unknown, key?: string): Promise<CallResult>;
  books(provider?: string): Promise<readonly BookedMovement[]>;
  /** Operations booked under one reference, in order. */
  booked(reference: string): Promise<readonly string[]>;
  setFaults(plan: readonly Record<string, unknown>[], seed?: number): Promise<void>;
  advance(seconds: number): Promise<void>;
}

export function newDataPath(): string {
  return join(mkdtempSync(join(tmpdir(), 'tender-sandbox-')), 'books.db');
}

export function newReference(): string {
  return `att_${randomUUID()}`;
}

export function anAuthorization(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const money = { amount: 1_000, currency: 'EUR' };
  return { reference: newReference(), ...money, token: 'tok_visa', capture: false, ...changes };
}

export function createClient(url: string): SandboxClient {
  async function call(
    method: string,
    path: string,
    body?: unknown,
    key?: string,
  ): Promise<CallResult> {
    const response = await fetch(`${url}${path}`, {
      method,
      redirect: 'manual',
      headers: key === undefined ? {} : { 'idempotency-key': key },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type') === 'application/json' && text !== '';
    const read = isJson ? (JSON.parse(text) as CallResult['body']) : { text };
    return { status: response.status, headers: response.headers, body: read };
  }

  async function books(provider?: string): Promise<readonly BookedMovement[]> {
    const query = provider === undefined ? '' : `?provider=${provider}`;
    const { body } = await call('GET', `/books${query}`);
    return body['data'] as readonly BookedMovement[];
  }

  async function callOk(method: string, path: string, body: unknown): Promise<void> {
    const answered = await call(method, path, body);
    if (answered.status !== 200) throw new Error(JSON.stringify(answered.body));
  }

  return {
    url,
    call,
    books,
    async booked(reference) {
      const movements = await books();
      return movements.filter((row) => row.reference === reference).map((row) => row.operation);
    },
    setFaults: (plan, seed = 1) => callOk('PUT', '/faults', { seed, plan }),
    advance: (seconds) => callOk('POST', '/clock', { advance_seconds: seconds }),
  };
}

export interface TestSandbox extends SandboxClient {
  close(): Promise<void>;
}

export async function startTestSandbox(
  options: Partial<SandboxOptions> = {},
): Promise<TestSandbox> {
  const sandbox = await startSandbox({ dataPath: ':memory:', ...options });
  return { ...createClient(sandbox.url), close: () => sandbox.close() };
}

/** Waits for what happens on its own time. */
export async function eventually<T>(
  look: () => Promise<T> | T,
  isThere: (seen: T) => boolean,
  deadlineMs = 10_000,
): Promise<T> {
  const until = Date.now() + deadlineMs;
  for (;;) {
    const seen = await look();
    if (isThere(seen) || Date.now() > until) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
