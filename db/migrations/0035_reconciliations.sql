-- Files of providers and banks, whole: as received, as read, and what became of each of their lines.

create table reconciliations (
  id text constraint reconciliations_pkey primary key default 'rec_' || uuidv7(),
  provider text not null,
  kind text not null constraint reconciliations_kind check (kind in ('settlement', 'bank_statement')),
  -- The reader that understood it, e.g. 'alder_csv', 'camt053'; null until one was found.
  format text,
  file_name text,
  -- SHA-256 of the bytes as received: the same file twice is once.
  source_hash bytea not null constraint reconciliations_sha256 check (octet_length(source_hash) = 32),
  source_bytes bigint not null,
  status text not null default 'received' constraint reconciliations_status check (
    status in ('received', 'refused', 'imported', 'matched', 'posted', 'completed')),
  -- { code, line, field, detail }: why none of it was taken.
  refusal jsonb,
  -- Read from the file: its own id, the span it covers, [covers_from, covers_to).
  statement_id text,
  covers_from timestamptz,
  covers_to timestamptz,
  line_count bigint not null default 0,
  -- { EUR: { count, gross, fee, net } } as decimal strings of minor units.
  totals jsonb not null default '{}',
  -- 'schedule', or who uploaded it.
  requested_by text not null,
  received_at timestamptz not null default tender_now(),
  imported_at timestamptz,
  matched_at timestamptz,
  posted_at timestamptz,
  completed_at timestamptz,
  constraint reconciliations_once unique (provider, kind, source_hash),
  constraint reconciliations_refused check ((status = 'refused') = (refusal is not null)),
  constraint reconciliations_span check (covers_from < covers_to)
);
create index reconciliations_by_status on reconciliations (status) where status in ('received', 'imported', 'matched', 'posted');
create index reconciliations_by_span on reconciliations (provider, kind, covers_to);

-- The file itself, in chunks of at most 1 MiB, each compressed by itself.
create table reconciliation_files (
  reconciliation_id text not null references reconciliations,
  chunk int not null,
  gzipped bytea not null,
  constraint reconciliation_files_pkey primary key (reconciliation_id, chunk)
);

-- What it says, in our words. Filled by COPY within the transaction that makes the file 'imported'; fixed from then on.
create table settlement_lines (
  reconciliation_id text not null,
  -- As counted in the file, from 1.
  line int not null,
  -- capture, capture_reversal, refund, refund_reversal, dispute, dispute_reversal, fee, payout, collection,
  -- reserve_hold, reserve_release, fx, adjustment, bank_credit, bank_debit, or 'unknown' with its own word kept in `word`.
  kind text not null,
  word text,
  -- Ours: the id of an attempt, operation or dispute, or what a bank line says it is about.
  reference text,
  -- Of this movement, and of the payment it belongs to, at the provider.
  provider_reference text,
  parent_reference text,
  -- Minor units of `currency` from our point of view: below zero, taken from us. net = gross - fee.
  gross bigint not null,
  fee bigint not null default 0,
  net bigint not null,
  currency text not null,
  -- What the payer was charged, where that is another currency.
  charged bigint,
  charged_currency text,
  -- The provider's name for the payout it is part of.
  batch text,
  occurred_at timestamptz not null,
  constraint settlement_lines_pkey primary key (reconciliation_id, line),
  constraint settlement_lines_net check (net = gross - fee),
  constraint settlement_lines_charged check ((charged is null) = (charged_currency is null))
);

create trigger reconciliation_files_append_only before update or delete on reconciliation_files
  for each row execute function refuse_rewrite();
create trigger reconciliation_files_no_truncate before truncate on reconciliation_files
  for each statement execute function refuse_rewrite();
create trigger settlement_lines_append_only before update or delete on settlement_lines
  for each row execute function refuse_rewrite();
create trigger settlement_lines_no_truncate before truncate on settlement_lines
  for each statement execute function refuse_rewrite();

-- Which of our objects a line is. n:1 and 1:n are several rows. A table of its own, so that lines are never rewritten.
create table settlement_matches (
  reconciliation_id text not null,
  line int not null,
  -- attempt, operation, dispute, or the reconciliation line of a payout ('<reconciliation>/<line>').
  subject_id text not null,
  payment_id text,
  merchant_id text,
  -- 1 provider id, 2 our reference, 3 parent and amount, 4 reference and amount in a window, 5 batch sum, 6 subset sum, 7 by people.
  tier smallint not null constraint settlement_matches_tier check (tier between 1 and 7),
  matched_by text not null default 'tender',
  matched_at timestamptz not null default tender_now(),
  constraint settlement_matches_pkey primary key (reconciliation_id, line, subject_id)
);
create index settlement_matches_by_subject on settlement_matches (subject_id);

create table breaks (
  id text constraint breaks_pkey primary key default 'brk_' || uuidv7(),
  kind text not null constraint breaks_kind check (kind in ('missing_internal', 'missing_external', 'amount', 'fee', 'currency',
    'duplicate_external', 'duplicate_internal', 'duplicate_outflow', 'time', 'state', 'reference', 'batch', 'bank', 'file', 'fx',
    'orphan')),
  provider text not null,
  reconciliation_id text references reconciliations,
  line int,
  merchant_id text,
  payment_id text,
  subject_id text,
  -- What is in question, minor units.
  amount bigint,
  currency text,
  -- { expected, found, ... } and, where Tender did something by itself, { step }.
  detail jsonb not null default '{}',
  status text not null default 'open' constraint breaks_status check (status in ('open', 'resolved')),
  -- { action, reason, by, approved_by, entries }.
  resolution jsonb,
  opened_at timestamptz not null default tender_now(),
  resolved_at timestamptz,
  constraint breaks_resolved check ((status = 'resolved') = (resolved_at is not null) and (resolved_at is null) = (resolution is null))
);
-- Found again, it is the same one.
create unique index breaks_once on breaks (kind, provider, coalesce(reconciliation_id, ''), coalesce(line, 0), coalesce(subject_id, ''));
create index breaks_open on breaks (provider, kind, opened_at) where status = 'open';
create index breaks_by_reconciliation on breaks (reconciliation_id, id desc);
create index breaks_by_payment on breaks (payment_id) where payment_id is not null;

grant select, insert on reconciliations, reconciliation_files, settlement_lines, settlement_matches, breaks to tender_worker;
grant update (format, status, refusal, statement_id, covers_from, covers_to, line_count, totals, imported_at, matched_at, posted_at,
  completed_at) on reconciliations to tender_worker;
grant update (merchant_id, payment_id, detail, status, resolution, resolved_at) on breaks to tender_worker;
do $$
declare t text;
begin
  foreach t in array array['settlement_matches', 'breaks'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy owner_all on %I to tender_owner using (true) with check (true)', t);
    execute format('create policy worker_all on %I to tender_worker using (true) with check (true)', t);
  end loop;
end $$;
