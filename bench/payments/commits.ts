/** What a load costs PostgreSQL: transactions that wrote (each one is a durable commit) and all of them. */
import pg from 'pg';

export interface DatabaseCounts {
  /** Transactions that were given a number: those that wrote. Of the whole server. */
  readonly writing: number;
  /** All that committed in this database, reads in autocommit too. */
  readonly all: number;
  readonly walBytes: number;
}

export async function readDatabaseCounts(url: string): Promise<DatabaseCounts> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ writing: string; all: string; wal: string }>(
      `select pg_snapshot_xmax(pg_current_snapshot())::text as writing,
         (select xact_commit from pg_stat_database where datname = current_database()) as all,
         (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::text as wal`,
    );
    const [row] = rows;
    if (row === undefined) throw new Error('PostgreSQL counted nothing');
    return { writing: Number(row.writing), all: Number(row.all), walBytes: Number(row.wal) };
  } finally {
    await client.end();
  }
}

/** Fails the run where durability was traded for speed. */
export async function readDurability(url: string): Promise<Record<string, string>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; setting: string }>(
      `select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes')`,
    );
    return Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
  } finally {
    await client.end();
  }
}
