/** Tables as Kysely sees them where rows are read directly; commits go through SQL functions. */
import type { ColumnType, Generated } from 'kysely';

export interface MerchantsTable {
  id: string;
  name: string;
  fund_model: Generated<'own' | 'facilitator'>;
  unique_reference: Generated<boolean>;
  created_at: Generated<Date>;
}

export interface ApiKeysTable {
  id: Generated<string>;
  merchant_id: string;
  name: string;
  mode: 'test' | 'live';
  secret_hash: Buffer;
  last4: string;
  scopes: string[];
  created_at: Generated<Date>;
  revoked_at: Date | null;
}

export interface PaymentsTable {
  id: string;
  merchant_id: string;
  status: string;
  merchant_reference: string | null;
  wake_at: ColumnType<Date | null, never, never>;
  void_open: boolean;
  capture_reserved: string;
  refund_reserved: string;
  created_at: Generated<Date>;
}

export interface OperationsTable {
  id: string;
  payment_id: string;
  merchant_id: string;
  kind: string;
}

export interface TimelineTable {
  payment_id: string;
  sequence: number;
  at: Date;
  actor: string;
  kind: string;
  from_status: string | null;
  to_status: string | null;
  evidence: Record<string, unknown>;
  previous_hash: Buffer;
  hash: Buffer;
}

export interface OutboxTable {
  id: string;
  /** Null: of the installation. */
  merchant_id: string | null;
  payment_id: string | null;
  /** Where it is of no payment: the break or file within which it is ordered. */
  stream: string | null;
  sequence: number;
  type: string;
  object: unknown;
  created_at: Date;
}

export interface JournalEntriesTable {
  id: string;
  merchant_id: string;
  key: string;
  payment_id: string | null;
  event: string;
  state: 'pending' | 'posted';
  resolves_id: string | null;
  reverses_id: string | null;
  effective_at: Date;
  recorded_at: Date;
}

export interface PostingsTable {
  entry_id: string;
  line: number;
  account: string;
  provider: string;
  side: 'debit' | 'credit';
  amount: string;
  currency: string;
}

export interface AccountsTable {
  code: string;
  name: string;
  type: string;
  normal_side: 'debit' | 'credit';
  must_drain: boolean;
}

export interface StatusTransitionsTable {
  object: string;
  from_status: string;
  to_status: string;
}

export interface Database {
  merchants: MerchantsTable;
  api_keys: ApiKeysTable;
  payments: PaymentsTable;
  operations: OperationsTable;
  timeline: TimelineTable;
  outbox: OutboxTable;
  journal_entries: JournalEntriesTable;
  postings: PostingsTable;
  accounts: AccountsTable;
  status_transitions: StatusTransitionsTable;
}
