import type { DatabaseSync } from 'node:sqlite';
import { findRow, listRows } from './database.ts';

export interface WebhookRow {
  readonly sequence: number;
  readonly event_id: string;
  readonly provider: string;
  readonly body: string;
  readonly due_at: number;
  readonly tries: number;
}

export type NewWebhook = Omit<WebhookRow, 'sequence' | 'tries'>;

/** Events on their way out; a row stays until it was taken or given up. */
export interface Webhooks {
  insert(row: NewWebhook): number;
  find(sequence: number): WebhookRow | undefined;
  listDue(now: number, limit: number): readonly WebhookRow[];
  nextDueAt(): number | null;
  setDelivered(sequence: number): void;
  setTried(sequence: number, dueAt: number): void;
  setGivenUp(sequence: number): void;
}

export function createWebhooks(database: DatabaseSync): Webhooks {
  const columns = 'sequence, event_id, provider, body, due_at, tries';
  const insert = database.prepare(
    `insert into webhooks (event_id, provider, body, due_at)
     values (:event_id, :provider, :body, :due_at)`,
  );
  const find = database.prepare(
    `select ${columns} from webhooks where sequence = :sequence and state = 'waiting'`,
  );
  const listDue = database.prepare(
    `select ${columns} from webhooks where state = 'waiting' and due_at <= :now
     order by due_at, sequence limit :limit`,
  );
  const nextDueAt = database.prepare(
    "select min(due_at) as due_at from webhooks where state = 'waiting'",
  );
  const setState = database.prepare(
    'update webhooks set state = :state where sequence = :sequence',
  );
  const setTried = database.prepare(
    'update webhooks set tries = tries + 1, due_at = :dueAt where sequence = :sequence',
  );
  return {
    insert: (row) => Number(insert.run({ ...row }).lastInsertRowid),
    find: (sequence) => findRow<WebhookRow>(find, { sequence }),
    listDue: (now, limit) => listRows<WebhookRow>(listDue, { now, limit }),
    nextDueAt: () => findRow<{ due_at: number | null }>(nextDueAt, {})?.due_at ?? null,
    setDelivered: (sequence) => void setState.run({ sequence, state: 'delivered' }),
    setTried: (sequence, dueAt) => void setTried.run({ sequence, dueAt }),
    setGivenUp: (sequence) => void setState.run({ sequence, state: 'given_up' }),
  };
}
