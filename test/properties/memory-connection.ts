/** A Kysely whose every query is answered by a function: the same calls as in service, and no server. */
import {
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
} from 'kysely';
import type { Db } from '../../db/client.ts';
import { RefusedByDatabase } from './memory-journal.ts';

type Row = Record<string, unknown>;

export function kyselyOver(execute: (query: CompiledQuery) => Row[]): Db {
  const connection: DatabaseConnection = {
    executeQuery: async (query) => {
      try {
        return { rows: execute(query) as never[] };
      } catch (error) {
        if (error instanceof RefusedByDatabase) throw error;
        throw new RefusedByDatabase('XX000', String(error));
      }
    },
    streamQuery: () => {
      throw new Error('not streamed');
    },
  };
  const nothing = async (): Promise<void> => undefined;
  return new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
      createDriver: () => ({
        init: nothing,
        acquireConnection: async () => connection,
        beginTransaction: nothing,
        commitTransaction: nothing,
        rollbackTransaction: nothing,
        releaseConnection: nothing,
        destroy: nothing,
      }),
    },
  });
}
