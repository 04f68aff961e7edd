-- Risk: each screening of a payment, with all it was decided by: what rules are tried on, what models learn from, and the answer to
-- why a payment was stopped.

create table risk_decisions (
  payment_id text not null,
  -- Of the attempt that was to follow; screened once each.
  attempt_number int not null constraint risk_decisions_attempt check (attempt_number > 0),
  merchant_id text not null,
  outcome text not null constraint risk_decisions_outcome check (outcome in ('allow', 'challenge', 'review', 'block')),
  -- [{ kind, ... }], the one that decided first.
  reasons jsonb not null constraint risk_decisions_reasons check (jsonb_typeof(reasons) = 'array'),
  -- Calibrated, 0 to 1; null: there was none, and fail_reason says why.
  score double precision constraint risk_decisions_score check (score between 0 and 1),
  -- What the score alone asks for, by the merchant's appetite.
  score_action text constraint risk_decisions_score_action check (score_action in ('allow', 'challenge', 'review', 'block')),
  model_version text,
  global_rules_version int not null,
  merchant_rules_version int not null,
  -- Payment fields and features, flat, as the rules saw them.
  facts jsonb not null constraint risk_decisions_facts check (jsonb_typeof(facts) = 'object'),
  -- { lookedUp, matches }
  lists jsonb not null,
  -- 'scored', or what the merchant wants where risk cannot be told: 'allow_with_rules', 'challenge', 'block'.
  mode text not null,
  fail_reason text constraint risk_decisions_failed check ((mode = 'scored') = (fail_reason is null)),
  at timestamptz not null default tender_now(),
  constraint risk_decisions_pkey primary key (payment_id, attempt_number),
  constraint risk_decisions_of_merchant foreign key (payment_id, merchant_id) references payments (id, merchant_id)
);
create index risk_decisions_newest on risk_decisions (at desc);
create index risk_decisions_of_merchant_newest on risk_decisions (merchant_id, at desc);
create trigger risk_decisions_append_only before update or delete on risk_decisions
  for each row execute function refuse_rewrite();
create trigger risk_decisions_no_truncate before truncate on risk_decisions
  for each statement execute function refuse_rewrite();

alter table risk_decisions enable row level security;
alter table risk_decisions force row level security;
create policy owner_all on risk_decisions to tender_owner using (true) with check (true);
create policy worker_all on risk_decisions to tender_worker using (true) with check (true);
create policy one_merchant on risk_decisions for select to tender_api
  using (merchant_id = current_setting('tender.merchant_id', true));
grant select, insert on risk_decisions to tender_worker;
grant select on risk_decisions to tender_api;
