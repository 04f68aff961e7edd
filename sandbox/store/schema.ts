/**
 * The sandbox's tables. Times are milliseconds on the sandbox's clock, amounts are minor units.
 * Ids are UUIDv7 behind a prefix, so key order is order of arrival.
 */
export const schema = `
create table if not exists state (
  name text primary key,
  value text not null
) strict, without rowid;

-- A card number never reaches this table, not even hashed.
create table if not exists tokens (
  token text primary key,
  brand text not null,
  last4 text not null,
  behaviour text not null
) strict, without rowid;

create table if not exists authorizations (
  id text primary key,
  provider text not null,
  reference text not null,
  key text not null,
  amount integer not null check (amount >= 0),
  currency text not null,
  sale integer not null,
  status text not null check (status in ('requires_action', 'authorized', 'declined', 'voided')),
  decline_code text,
  captured integer not null default 0,
  refunded integer not null default 0,
  released integer not null default 0,
  closed integer not null default 0,
  return_url text,
  brand text,
  last4 text,
  created_at integer not null,
  expires_at integer not null,
  check (captured + released <= amount),
  check (refunded <= captured)
) strict, without rowid;
create index if not exists authorizations_reference on authorizations (reference, provider);

create table if not exists operations (
  id text primary key,
  provider text not null,
  kind text not null check (kind in ('capture', 'void', 'refund', 'increment')),
  reference text not null,
  key text not null,
  authorization_id text not null,
  amount integer not null check (amount > 0),
  currency text not null,
  final integer not null,
  status text not null check (status in ('succeeded', 'declined')),
  decline_code text,
  created_at integer not null
) strict, without rowid;
create index if not exists operations_reference on operations (reference, provider, kind);
create index if not exists operations_authorization on operations (authorization_id);

-- Tombstones: a request with this reference is refused, whenever it arrives.
create table if not exists fences (
  reference text not null,
  provider text not null,
  primary key (reference, provider)
) strict, without rowid;

create table if not exists idempotency_keys (
  key text not null,
  provider text not null,
  fingerprint text not null,
  status integer not null,
  body text not null,
  created_at integer not null,
  primary key (key, provider)
) strict, without rowid;

-- The books: only what really happened, never changed.
create table if not exists movements (
  sequence integer primary key,
  provider text not null,
  reference text not null,
  operation text not null,
  amount integer not null,
  currency text not null,
  at integer not null,
  provider_reference text not null,
  key text not null
) strict;
create index if not exists movements_at on movements (at);

-- Changes of mind still to come: late successes and late failures.
create table if not exists jobs (
  subject_id text primary key,
  kind text not null check (kind in ('late_success', 'late_failure')),
  operation text not null,
  authorization_id text not null,
  due_at integer not null
) strict, without rowid;
create index if not exists jobs_due on jobs (due_at);
create index if not exists jobs_authorization on jobs (authorization_id);

create table if not exists webhooks (
  sequence integer primary key,
  event_id text not null,
  provider text not null,
  body text not null,
  due_at integer not null,
  tries integer not null default 0,
  state text not null default 'waiting' check (state in ('waiting', 'delivered', 'given_up'))
) strict;
create index if not exists webhooks_due on webhooks (due_at) where state = 'waiting';
`;
