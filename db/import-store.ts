/**
 * Files of providers and banks: kept as they came, and read back to become lines. On connections of its own,
 * since one import is one long transaction.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import pg from 'pg';
import type { CanonicalLine, FileSummary, Refusal } from '../domain/settlement-file.ts';
import { isRefusedBy } from './errors.ts';
import { copyLines, type LineTotals } from './settlement-copy.ts';

const chunkBytes = 1_024 ** 2;
const statementMs = 600_000;
const toldBefore = ['settlement_parts_once', 'bank_statements_once'];

const known = `select f.report_id as id from fetched_reports f join reconciliations r on r.id = f.reconciliation_id
  where f.kind = $1 and f.provider = $2 and r.status <> 'refused'
  union select part from settlement_parts where kind = $1 and provider = $2`;

export interface ReceivedFile {
  readonly kind: 'settlement' | 'bank_statement';
  readonly provider: string;
  readonly fileName: string | null;
  /** `schedule`, or who uploaded it. */
  readonly requestedBy: string;
  /** What the provider lists it as, and the span it says it covers, ISO 8601. */
  readonly report?: {
    readonly id: string;
    readonly span: { readonly from: string; readonly to: string } | null;
  };
}

export interface StoredFile extends Pick<ReceivedFile, 'kind' | 'provider'> {
  readonly id: string;
  readonly status: string;
  /** It came from the provider itself. */
  readonly isFetched: boolean;
}

/** What `write` gives to an import: lines as they are read, and in the end the file's own words. */
export interface ImportedFile {
  readonly format: string;
  readonly summary: FileSummary;
}

export type Imported =
  | { readonly kind: 'imported'; readonly lines: number; readonly woken: number }
  /** It is not waiting any more. */
  | { readonly kind: 'done_before'; readonly status: string }
  /** One of its parts was told by another file. */
  | { readonly kind: 'told_before' };

export interface ImportStore {
  /** The same file is once: then the id of the first, and nothing new is kept. */
  receive(
    file: ReceivedFile,
    bytes: AsyncIterable<Buffer>,
  ): Promise<{ id: string; isFresh: boolean }>;
  find(id: string): Promise<StoredFile | undefined>;
  /** As it was received. */
  read(id: string): AsyncGenerator<Buffer>;
  /** All of it in one transaction, or nothing. What `write` throws is thrown. */
  importLines(
    id: string,
    write: (take: (lines: readonly CanonicalLine[]) => Promise<void>) => Promise<ImportedFile>,
  ): Promise<Imported>;
  refuse(id: string, format: string | null, refusal: Refusal): Promise<boolean>;
  /** What it proves, of one that was imported before it was fetched under this name as well. */
  recordListed(id: string): Promise<number>;
  listWaiting(): Promise<readonly string[]>;
  /** Names of reports that were fetched and not refused, and of the parts that files told of. */
  listKnown(kind: string, provider: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface ImportStoreOptions {
  readonly url: string;
  readonly onError: (error: Error) => void;
}

const compress = promisify<Buffer, { level: number }, Buffer>(gzip);
const decompress = promisify<Buffer, Buffer>(gunzip);

export function createImportStore(options: ImportStoreOptions): ImportStore {
  // An import holds its connection while it reads: with one pool, as many imports would wait for themselves.
  const [writing, reading] = [createPool(options, 4), createPool(options, 4)];
  return {
    receive: (file, bytes) => transact(writing, (client) => receive(client, file, bytes)),
    find: (id) => find(reading, id),
    read: (id) => read(reading, id),
    importLines: (id, write) => importLines(writing, id, write),
    refuse: async (id, format, refusal) => {
      const result = await reading.query<{ refused: boolean }>(
        'select refuse_file($1, $2, $3::jsonb) as refused',
        [id, format, JSON.stringify(refusal)],
      );
      return result.rows[0]?.refused ?? false;
    },
    recordListed: async (id) => {
      const result = await reading.query<{ woken: number }>('select record_listed($1) as woken', [
        id,
      ]);
      return result.rows[0]?.woken ?? 0;
    },
    listWaiting: async () => {
      const { rows } = await reading.query<{ id: string }>(
        `select id from reconciliations where status = 'received' order by received_at, id limit 100`,
      );
      return rows.map(({ id }) => id);
    },
    listKnown: async (kind, provider) => {
      const { rows } = await reading.query<{ id: string }>(known, [kind, provider]);
      return rows.map(({ id }) => id);
    },
    close: async () => {
      await Promise.all([writing.end(), reading.end()]);
    },
  };
}

function createPool({ url, onError }: ImportStoreOptions, max: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'tender-import',
    max,
    connectionTimeoutMillis: 5_000,
    statement_timeout: statementMs,
    query_timeout: statementMs + 5_000,
    options: '-c timezone=UTC -c idle_in_transaction_session_timeout=60000',
  });
  pool.on('error', onError);
  pool.on('connect', (client) => {
    client.on('error', onError);
  });
  return pool;
}

/** A connection that failed in between is not given back: the server rolls back what it held. */
async function transact<T>(pool: pg.Pool, run: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let isBroken = true;
  try {
    await client.query('begin');
    const result = await run(client);
    await client.query('commit');
    isBroken = false;
    return result;
  } finally {
    client.release(isBroken);
  }
}

async function receive(
  client: pg.PoolClient,
  file: ReceivedFile,
  bytes: AsyncIterable<Buffer>,
): Promise<{ id: string; isFresh: boolean }> {
  const { kind, provider, fileName, requestedBy, report } = file;
  const made = await client.query<{ id: string }>(`select 'rec_' || uuidv7() as id`);
  const own = made.rows[0]?.id ?? '';
  const hash = createHash('sha256');
  let [size, chunk] = [0, 0];
  for await (const piece of inChunks(bytes)) {
    hash.update(piece);
    size += piece.length;
    const gzipped = await compress(piece, { level: 1 });
    await client.query(
      'insert into reconciliation_files (reconciliation_id, chunk, gzipped) values ($1, $2, $3)',
      [own, chunk, gzipped],
    );
    chunk += 1;
  }
  const sourceHash = hash.digest();
  // Waits for another who receives the same file, and then finds it.
  const inserted = await client.query(
    `insert into reconciliations (id, provider, kind, file_name, source_hash, source_bytes, requested_by)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict on constraint reconciliations_once do nothing`,
    [own, provider, kind, fileName, sourceHash, size, requestedBy],
  );
  const isFresh = inserted.rowCount === 1;
  const id = isFresh ? own : await firstOf(client, provider, kind, sourceHash);
  if (!isFresh && chunk > 0) {
    // Its chunks belong to no row: nothing of this transaction stays but what was fetched.
    await client.query('rollback');
    await client.query('begin');
  }
  if (report !== undefined) {
    await client.query(
      `insert into fetched_reports (provider, kind, report_id, reconciliation_id, covers_from, covers_to)
       values ($1, $2, $3, $4, $5, $6) on conflict on constraint fetched_reports_pkey do update
       set (reconciliation_id, covers_from, covers_to, fetched_at)
         = (excluded.reconciliation_id, excluded.covers_from, excluded.covers_to, excluded.fetched_at)
       where fetched_reports.reconciliation_id <> excluded.reconciliation_id`,
      [provider, kind, report.id, id, report.span?.from ?? null, report.span?.to ?? null],
    );
  }
  return { id, isFresh };
}

async function firstOf(
  client: pg.PoolClient,
  provider: string,
  kind: string,
  hash: Buffer,
): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    'select id from reconciliations where provider = $1 and kind = $2 and source_hash = $3',
    [provider, kind, hash],
  );
  const id = rows[0]?.id;
  if (id === undefined) throw new Error('a file is there and is not');
  return id;
}

/** Of exactly the size in which they are kept, but for the last. */
async function* inChunks(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let size = 0;
  for await (const piece of bytes) {
    let rest = piece;
    while (size + rest.length >= chunkBytes) {
      const cut = chunkBytes - size;
      yield Buffer.concat([...held, rest.subarray(0, cut)]);
      [held, size, rest] = [[], 0, rest.subarray(cut)];
    }
    held.push(rest);
    size += rest.length;
  }
  if (size > 0) yield Buffer.concat(held);
}

async function find(pool: pg.Pool, id: string): Promise<StoredFile | undefined> {
  const { rows } = await pool.query<StoredFile>(
    `select id, kind, provider, status, exists (
       select from fetched_reports f where f.reconciliation_id = r.id) as "isFetched"
     from reconciliations r where id = $1`,
    [id],
  );
  return rows[0];
}

async function* read(pool: pg.Pool, id: string): AsyncGenerator<Buffer> {
  for (let chunk = 0; ; chunk += 1) {
    const { rows } = await pool.query<{ gzipped: Buffer }>(
      'select gzipped from reconciliation_files where reconciliation_id = $1 and chunk = $2',
      [id, chunk],
    );
    if (rows[0] === undefined) return;
    yield await decompress(rows[0].gzipped);
  }
}

async function importLines(
  pool: pg.Pool,
  id: string,
  write: Parameters<ImportStore['importLines']>[1],
): Promise<Imported> {
  try {
    return await transact(pool, async (client): Promise<Imported> => {
      // Whoever else imports it waits here, and then finds it done.
      const held = await client.query<{ status: string }>(
        'select status from reconciliations where id = $1 for no key update',
        [id],
      );
      const status = held.rows[0]?.status ?? 'unknown';
      if (status !== 'received') return { kind: 'done_before', status };
      const copy = copyLines(client, id);
      const { format, summary } = await write(copy.take);
      const { lines, totals } = await copy.end();
      const finished = await client.query<{ woken: number }>(
        'select finish_import($1::jsonb) as woken',
        [JSON.stringify(finishOf(id, format, summary, lines, totals))],
      );
      return { kind: 'imported', lines, woken: finished.rows[0]?.woken ?? 0 };
    });
  } catch (error) {
    if (toldBefore.some((name) => isRefusedBy(error, name))) return { kind: 'told_before' };
    throw error;
  }
}

function finishOf(
  id: string,
  format: string,
  { statementId, span, lists, parts, statements = [] }: FileSummary,
  lines: number,
  totals: LineTotals,
): Readonly<Record<string, unknown>> {
  const iso = (at: number | undefined): string | null =>
    at === undefined ? null : new Date(at).toISOString();
  return {
    ...{ id, format, statement_id: statementId, lists, parts, line_count: lines, totals },
    ...{ covers_from: iso(span?.from), covers_to: iso(span?.to) },
    statements: statements.map(({ account, currency, from, to, opening, closing }) => ({
      ...{ account, currency, covers_from: iso(from), covers_to: iso(to) },
      ...{ opening: String(opening), closing: String(closing) },
    })),
  };
}
