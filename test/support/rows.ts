/** Reads (and, for fixtures, writes) a test's database as the superuser: no row is hidden. */
import { Pool } from 'pg';

export interface Rows {
  all<T>(statement: string, values?: readonly unknown[]): Promise<readonly T[]>;
  one<T>(statement: string, values?: readonly unknown[]): Promise<T>;
  close(): Promise<void>;
}

export function openRows(url: string): Rows {
  const pool = new Pool({ connectionString: url, max: 3, options: '-c timezone=UTC' });
  pool.on('error', () => undefined);
  const all = async <T>(statement: string, values: readonly unknown[] = []): Promise<T[]> =>
    (await pool.query(statement, [...values])).rows as T[];
  return {
    all,
    one: async <T>(statement: string, values: readonly unknown[] = []): Promise<T> => {
      const [row] = await all<T>(statement, values);
      if (row === undefined) throw new Error(`no row: ${statement}`);
      return row;
    },
    close: () => pool.end(),
  };
}
