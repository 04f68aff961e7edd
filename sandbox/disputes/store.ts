import type { DatabaseSync } from 'node:sqlite';
import { findRow, listRows } from '../store/database.ts';

export type DisputeStatus = 'needs_response' | 'under_review' | 'accepted' | 'won' | 'lost';

export interface DisputeRow {
  readonly id: string;
  readonly provider: string;
  readonly authorization_id: string;
  /** Our client's, of the authorization. */
  readonly reference: string;
  readonly amount: number;
  readonly fee: number;
  readonly currency: string;
  readonly reason: string;
  readonly status: DisputeStatus;
  readonly due_by: number;
  readonly created_at: number;
}

const schema = `
create table if not exists disputes (
  id text primary key,
  provider text not null,
  authorization_id text not null,
  reference text not null,
  amount integer not null check (amount > 0),
  fee integer not null check (fee >= 0),
  currency text not null,
  reason text not null,
  status text not null check (status in ('needs_response', 'under_review', 'accepted', 'won', 'lost')),
  due_by integer not null,
  created_at integer not null
) strict, without rowid;
create index if not exists disputes_authorization on disputes (authorization_id);
create table if not exists dispute_answers (
  dispute_id text not null,
  kind text not null check (kind in ('accept', 'evidence')),
  reference text not null,
  content text not null,
  created_at integer not null,
  primary key (dispute_id, kind)
) strict, without rowid;
`;

/** What our client has answered, each kind once. */
export interface DisputeAnswerRow {
  readonly dispute_id: string;
  readonly kind: 'accept' | 'evidence';
  /** Our client's. */
  readonly reference: string;
  readonly content: string;
  readonly created_at: number;
}

export interface Disputes {
  answer(row: DisputeAnswerRow): void;
  answersTo(disputeId: string): readonly DisputeAnswerRow[];
  insert(row: DisputeRow): void;
  setStatus(id: string, status: DisputeStatus): void;
  find(provider: string, id: string): DisputeRow | undefined;
  list(provider: string): readonly DisputeRow[];
  /** Taken and not given back, of one authorization. */
  takenOf(authorizationId: string): number;
}

const columns =
  'id, provider, authorization_id, reference, amount, fee, currency, reason, status, due_by, created_at';

export function createDisputes(database: DatabaseSync): Disputes {
  database.exec(schema);
  const insert = database.prepare(
    `insert into disputes (${columns}) values (:id, :provider, :authorization_id, :reference, :amount,
       :fee, :currency, :reason, :status, :due_by, :created_at)`,
  );
  const setStatus = database.prepare('update disputes set status = :status where id = :id');
  const find = database.prepare(
    `select ${columns} from disputes where id = :id and provider = :provider`,
  );
  const list = database.prepare(
    `select ${columns} from disputes where provider = :provider order by id`,
  );
  const taken = database.prepare(
    `select coalesce(sum(amount), 0) as total from disputes
     where authorization_id = :authorizationId and status <> 'won'`,
  );
  const answer = database.prepare(
    `insert into dispute_answers (dispute_id, kind, reference, content, created_at)
     values (:dispute_id, :kind, :reference, :content, :created_at)`,
  );
  const answers = database.prepare(
    'select dispute_id, kind, reference, content, created_at from dispute_answers where dispute_id = :disputeId order by created_at, kind',
  );
  return {
    answer: (row) => void answer.run({ ...row }),
    answersTo: (disputeId) => listRows<DisputeAnswerRow>(answers, { disputeId }),
    insert: (row) => void insert.run({ ...row }),
    setStatus: (id, status) => void setStatus.run({ id, status }),
    find: (provider, id) => findRow<DisputeRow>(find, { provider, id }),
    list: (provider) => listRows<DisputeRow>(list, { provider }),
    takenOf: (authorizationId) =>
      findRow<{ total: number }>(taken, { authorizationId })?.total ?? 0,
  };
}
