import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { schema } from './schema.ts';

/**
 * The books are the oracle of every drill, so what was answered must have reached the disk: WAL
 * with one full sync per commit.
 */
export function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma busy_timeout = 5000');
  widenOperations(database);
  database.exec(schema);
  return database;
}

/** Books of before there were increments: a CHECK cannot be changed in place. */
function widenOperations(database: DatabaseSync): void {
  const found = database
    .prepare("select sql from sqlite_master where type = 'table' and name = 'operations'")
    .get() as { sql: string } | undefined;
  if (found === undefined || found.sql.includes("'increment'")) return;
  database.exec(`begin immediate;
    drop index if exists operations_reference;
    alter table operations rename to operations_before;
    ${schema}
    insert into operations select * from operations_before;
    drop table operations_before;
    commit`);
}

export type Parameters = Readonly<Record<string, SQLInputValue>>;

/** The casts are safe as far as the STRICT tables of `schema.ts` and the row types agree. */
export function findRow<Row>(statement: StatementSync, parameters: Parameters): Row | undefined {
  return statement.get({ ...parameters }) as Row | undefined;
}

export function listRows<Row>(statement: StatementSync, parameters: Parameters): Row[] {
  return statement.all({ ...parameters }) as Row[];
}

export type Transaction = <T>(work: () => T) => T;

/** Synchronous, so that nothing of another request can come in between. */
export function createTransaction(database: DatabaseSync): Transaction {
  const begin = database.prepare('begin immediate');
  const commit = database.prepare('commit');
  const rollback = database.prepare('rollback');
  return (work) => {
    begin.run();
    try {
      const result = work();
      commit.run();
      return result;
    } catch (error) {
      if (database.isTransaction) rollback.run();
      throw error;
    }
  };
}
