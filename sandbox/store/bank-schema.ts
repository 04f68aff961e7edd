/** The bank's tables; times and amounts as in `schema.ts`. */
export const bankSchema = `
create table if not exists bank_accounts (
  token text primary key,
  last4 text not null,
  mandated integer not null default 0
) strict, without rowid;

-- One debit, redirect or expected transfer. next_status is what becomes of it at next_at.
create table if not exists bank_payments (
  id text primary key,
  reference text not null,
  key text not null,
  method text not null check (method in ('bank_debit', 'bank_redirect', 'bank_transfer')),
  amount integer not null check (amount > 0),
  currency text not null,
  token text not null,
  status text not null check (status in
    ('requires_action', 'pending', 'succeeded', 'declined', 'returned', 'canceled')),
  decline_code text,
  received integer not null default 0,
  refunded integer not null default 0,
  return_url text,
  transfer_reference text,
  created_at integer not null,
  expires_at integer,
  next_at integer,
  next_status text
) strict, without rowid;
create index if not exists bank_payments_reference on bank_payments (reference);
create unique index if not exists bank_payments_transfer on bank_payments (transfer_reference)
  where transfer_reference is not null;
create index if not exists bank_payments_next on bank_payments (next_at) where next_at is not null;

create table if not exists bank_operations (
  id text primary key,
  payment_id text not null,
  kind text not null check (kind in ('void', 'refund')),
  reference text not null,
  key text not null,
  amount integer not null check (amount > 0),
  currency text not null,
  status text not null check (status in ('pending', 'succeeded', 'declined')),
  decline_code text,
  created_at integer not null,
  next_at integer,
  next_status text
) strict, without rowid;
create index if not exists bank_operations_reference on bank_operations (reference, kind);
create index if not exists bank_operations_next on bank_operations (next_at) where next_at is not null;

-- Money that our client sends out of its account here.
create table if not exists bank_payouts (
  id text primary key,
  reference text not null,
  key text not null,
  account text not null,
  amount integer not null check (amount > 0),
  currency text not null,
  status text not null check (status in ('pending', 'succeeded', 'declined', 'returned')),
  decline_code text,
  created_at integer not null,
  next_at integer,
  next_status text
) strict, without rowid;
create index if not exists bank_payouts_reference on bank_payouts (reference);
create index if not exists bank_payouts_next on bank_payouts (next_at) where next_at is not null;

-- Money that came, each credit once.
create table if not exists bank_transfers (
  id text primary key,
  payment_id text not null,
  amount integer not null check (amount > 0),
  currency text not null,
  at integer not null
) strict, without rowid;
create index if not exists bank_transfers_payment on bank_transfers (payment_id);
`;
