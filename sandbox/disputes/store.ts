import type { DatabaseSync } from 'node:sqlite';
import { findRow, listRows } from '../store/database.ts';

export type DisputeStatus = 'needs_response' | 'under_review' | 'accepted' | 'won' | 'lost';

/** What is told of one. */
export type DisputeFact = 'opened' | 'reopened' | 'won' | 'lost';

/** When it happened, and what money went with it; from our client's point of view: below zero, taken from it. */
export interface DisputeFactRow {
  readonly dispute_id: string;
  readonly round: number;
  readonly what: DisputeFact;
  readonly amount: number;
  /** What the provider keeps; below zero: given back. */
  readonly fee: number;
  readonly at: number;
}

/** A fact with money in it, and whose it is. */
export interface DisputeMoveRow extends DisputeFactRow {
  readonly provider: string;
  readonly reference: string;
  readonly currency: string;
}

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
  /** From 1; the next begins when what was decided is taken up again. */
  readonly round: number;
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
create table if not exists dispute_round_answers (
  dispute_id text not null,
  round integer not null,
  kind text not null check (kind in ('accept', 'evidence')),
  reference text not null,
  content text not null,
  created_at integer not null,
  primary key (dispute_id, round, kind)
) strict, without rowid;
-- The books of disputes: only what really happened, never changed.
create table if not exists dispute_facts (
  dispute_id text not null,
  round integer not null,
  what text not null check (what in ('opened', 'reopened', 'won', 'lost')),
  amount integer not null,
  fee integer not null,
  at integer not null,
  primary key (dispute_id, round, what)
) strict, without rowid;
create index if not exists dispute_facts_at on dispute_facts (at) where amount <> 0 or fee <> 0;
`;

/** Books of before there were rounds. */
function widen(database: DatabaseSync): void {
  const columns = database.prepare('pragma table_info(disputes)').all();
  if (columns.some(({ name }) => name === 'round')) return;
  database.exec(`begin immediate;
    alter table disputes add column round integer not null default 1;
    create table if not exists dispute_answers (dispute_id text, kind text, reference text, content text, created_at integer) strict;
    insert into dispute_round_answers select dispute_id, 1, kind, reference, content, created_at from dispute_answers;
    commit`);
}

/** What our client has answered, each kind once a round. */
export interface DisputeAnswerRow {
  readonly dispute_id: string;
  readonly round: number;
  readonly kind: 'accept' | 'evidence';
  /** Our client's. */
  readonly reference: string;
  readonly content: string;
  readonly created_at: number;
}

export interface Disputes {
  answer(row: DisputeAnswerRow): void;
  answersTo(disputeId: string): readonly DisputeAnswerRow[];
  /** Each once a round: told again, it is what it was. */
  note(row: DisputeFactRow): void;
  /** Oldest first. */
  factsOf(disputeId: string): readonly DisputeFactRow[];
  /** What of them moved money, in the order in which it happened; `to` is not in it. */
  movedBetween(provider: string | null, from: number, to: number): readonly DisputeMoveRow[];
  insert(row: DisputeRow): void;
  move(row: DisputeRow): void;
  find(provider: string, id: string): DisputeRow | undefined;
  list(provider: string): readonly DisputeRow[];
  /** Taken and not given back, of one authorization. */
  takenOf(authorizationId: string): number;
}

const columns =
  'id, provider, authorization_id, reference, amount, fee, currency, reason, status, round, due_by, created_at';

export function createDisputes(database: DatabaseSync): Disputes {
  database.exec(schema);
  widen(database);
  const insert = database.prepare(
    `insert into disputes (${columns}) values (:id, :provider, :authorization_id, :reference, :amount,
       :fee, :currency, :reason, :status, :round, :due_by, :created_at)`,
  );
  const move = database.prepare(
    'update disputes set status = :status, round = :round, due_by = :due_by where id = :id',
  );
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
    `insert into dispute_round_answers (dispute_id, round, kind, reference, content, created_at)
     values (:dispute_id, :round, :kind, :reference, :content, :created_at)`,
  );
  const answers = database.prepare(
    `select dispute_id, round, kind, reference, content, created_at from dispute_round_answers
     where dispute_id = :disputeId order by created_at, kind`,
  );
  const note = database.prepare(
    `insert or ignore into dispute_facts (dispute_id, round, what, amount, fee, at)
     values (:dispute_id, :round, :what, :amount, :fee, :at)`,
  );
  const facts = database.prepare(
    `select dispute_id, round, what, amount, fee, at from dispute_facts
     where dispute_id = :disputeId order by round, at, what in ('won', 'lost')`,
  );
  const moved = database.prepare(
    `select f.dispute_id, f.round, f.what, f.amount, f.fee, f.at, d.provider, d.reference, d.currency
     from dispute_facts f join disputes d on d.id = f.dispute_id
     where f.at >= :from and f.at < :to and (f.amount <> 0 or f.fee <> 0)
       and (:provider is null or d.provider = :provider)
     order by f.at, f.dispute_id, f.round, f.what in ('won', 'lost')`,
  );
  return {
    note: (row) => void note.run({ ...row }),
    factsOf: (disputeId) => listRows<DisputeFactRow>(facts, { disputeId }),
    movedBetween: (provider, from, to) => listRows<DisputeMoveRow>(moved, { provider, from, to }),
    answer: (row) => void answer.run({ ...row }),
    answersTo: (disputeId) => listRows<DisputeAnswerRow>(answers, { disputeId }),
    insert: (row) => void insert.run({ ...row }),
    move: ({ id, status, round, due_by }) => void move.run({ id, status, round, due_by }),
    find: (provider, id) => findRow<DisputeRow>(find, { provider, id }),
    list: (provider) => listRows<DisputeRow>(list, { provider }),
    takenOf: (authorizationId) =>
      findRow<{ total: number }>(taken, { authorizationId })?.total ?? 0,
  };
}
