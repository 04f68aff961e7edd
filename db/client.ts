import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Database } from './database.ts';

export type Db = Kysely<Database>;

export interface DbOptions {
  readonly url: string;
  readonly applicationName: string;
  readonly poolSize: number;
  /** Told of idle connections that broke: PostgreSQL may restart under us at any moment. */
  readonly onError: (error: Error) => void;
  /** Of one statement; the default is for short ones. */
  readonly timeoutMs?: number;
  /** Connections stay when nothing is asked for a while: a new one plans everything anew. */
  readonly keepsConnections?: boolean;
}

const timeoutMsDefault = 20_000;

/**
 * Every statement of ours finds its rows by key. A plan made while a table was empty, or before its first
 * ANALYZE, scans it, and a cached plan stays: the cost of a payment would grow with the payments stored
 * (docs/performance.md, step 1). What does read whole tables asks for its scans itself
 * (`balances_at`).
 */
// prettier-ignore
const planner = [
  'plan_cache_mode=force_generic_plan', 'enable_seqscan=off', 'enable_bitmapscan=off',
];

/** Connects lazily: a process starts while PostgreSQL is away and works once it is back. */
export function connectDb(options: DbOptions): Db {
  const { timeoutMs = timeoutMsDefault } = options;
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.applicationName,
    max: options.poolSize,
    connectionTimeoutMillis: 5_000,
    ...(options.keepsConnections === true && { idleTimeoutMillis: 0 }),
    // Every statement is a short one; a hanging connection must not hold a payment.
    statement_timeout: timeoutMs,
    // A host that froze answers nothing at all, not even a timeout.
    query_timeout: timeoutMs + 5_000,
    options: ['timezone=UTC', ...planner].map((setting) => `-c ${setting}`).join(' '),
  });
  // Of idle connections, and of those in use: one that dies inside a transaction, between two
  // statements, has nobody else who listens, and would end the process.
  pool.on('error', options.onError);
  pool.on('connect', (client) => {
    client.on('error', options.onError);
  });
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
}
