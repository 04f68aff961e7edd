/** The database `tender` and the addresses under which the roles reach it. */
import pg from 'pg';
import { hasCode } from '../errors.ts';

/** SQLSTATE of a database that does not exist. */
const noSuchDatabase = '3D000';
/** SQLSTATE of one that another made a moment ago. */
const alreadyThere = '42P04';

export async function ensureDatabase(adminUrl: string): Promise<void> {
  try {
    await execute(adminUrl, 'select 1');
  } catch (error) {
    if (!hasCode(error, noSuchDatabase)) throw error;
    const name = new URL(adminUrl).pathname.slice(1);
    const maintenance = new URL(adminUrl);
    maintenance.pathname = '/postgres';
    await execute(maintenance.href, `create database ${pg.escapeIdentifier(name)}`).catch(
      (failure: unknown) => {
        if (!hasCode(failure, alreadyThere)) throw failure;
      },
    );
  }
}

export function asRole(adminUrl: string, role: string, password: string): string {
  const url = new URL(adminUrl);
  url.username = role;
  url.password = password;
  return url.href;
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
