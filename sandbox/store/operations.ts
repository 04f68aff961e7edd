import type { DatabaseSync } from 'node:sqlite';
import { findRow, listRows } from './database.ts';

export type OperationKind = 'capture' | 'void' | 'refund' | 'increment';

export interface OperationRow {
  readonly id: string;
  readonly provider: string;
  readonly kind: OperationKind;
  readonly reference: string;
  readonly key: string;
  readonly authorization_id: string;
  readonly amount: number;
  readonly currency: string;
  readonly final: number;
  readonly status: 'succeeded' | 'declined';
  readonly decline_code: string | null;
  readonly created_at: number;
}

export interface Operations {
  insert(row: OperationRow): void;
  setStatus(id: string, status: OperationRow['status'], declineCode: string | null): void;
  find(id: string): OperationRow | undefined;
  /** By how much an authorization was raised since it was given. */
  incrementOf(authorizationId: string): number;
  /** In order of arrival. */
  listByAuthorization(authorizationId: string): readonly OperationRow[];
  /** The one that moved money comes first, should the same reference have been sent twice. */
  findByReference(
    provider: string,
    kind: OperationKind,
    reference: string,
  ): OperationRow | undefined;
}

const columns =
  'id, provider, kind, reference, key, authorization_id, amount, currency, final, status, ' +
  'decline_code, created_at';

export function createOperations(database: DatabaseSync): Operations {
  const insert = database.prepare(
    `insert into operations (${columns}) values (:id, :provider, :kind, :reference, :key,
       :authorization_id, :amount, :currency, :final, :status, :decline_code, :created_at)`,
  );
  const setStatus = database.prepare(
    'update operations set status = :status, decline_code = :declineCode where id = :id',
  );
  const find = database.prepare(`select ${columns} from operations where id = :id`);
  const listByAuthorization = database.prepare(
    `select ${columns} from operations where authorization_id = :authorizationId order by id`,
  );
  const findByReference = database.prepare(
    `select ${columns} from operations
     where reference = :reference and provider = :provider and kind = :kind
     order by status = 'declined', id limit 1`,
  );
  const incrementOf = database.prepare(
    `select coalesce(sum(amount), 0) as total from operations
     where authorization_id = :authorizationId and kind = 'increment' and status = 'succeeded'`,
  );
  return {
    insert: (row) => void insert.run({ ...row }),
    setStatus: (id, status, declineCode) => void setStatus.run({ id, status, declineCode }),
    find: (id) => findRow<OperationRow>(find, { id }),
    incrementOf: (authorizationId) =>
      findRow<{ total: number }>(incrementOf, { authorizationId })?.total ?? 0,
    listByAuthorization: (authorizationId) =>
      listRows<OperationRow>(listByAuthorization, { authorizationId }),
    findByReference: (provider, kind, reference) =>
      findRow<OperationRow>(findByReference, { provider, kind, reference }),
  };
}
