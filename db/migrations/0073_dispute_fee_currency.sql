-- As in 0046, but each fee of a dispute in its own currency: what its record booked in one is given back there, what was taken in another is
-- taken there.
create or replace function settlement_books(p_id text) returns table (scope text, what text, merchant_id text, currency text, debit text,
  credit text, amount numeric, at timestamptz)
language sql stable set search_path = public, pg_temp set enable_hashjoin = on as $$
  with l as materialized (select o.*, coalesce(o.batch, p_id) as part from owned_lines(p_id) o),
  of_dispute as materialized (
    select l.*, dispute_fee_booked(p_id, l.line, l.subject_id, l.kind) as booked, d.currency as booked_in from l join disputes d on d.id = l.subject_id
    where l.kind in ('dispute', 'dispute_reversal') and l.subject_id is not null),
  paid as (select l.batch, l.currency, sum(l.gross) as amount, max(l.occurred_at) as at from l
    where l.kind in ('payout', 'collection') group by 1, 2),
  share as (
    select l.batch, l.currency, l.owner, sum(l.net) as net from l join paid p on p.batch = l.batch and p.currency = l.currency
    where l.kind not in ('payout', 'collection') group by 1, 2, 3),
  announced as (
    select batch, currency, owner, net from share union all
    -- What the lines do not add up to is nobody's: the operator's books show it, and a break names it.
    select p.batch, p.currency, 'mer_operator', p.amount - coalesce((select sum(s.net) from share s
      where s.batch = p.batch and s.currency = p.currency), 0) from paid p),
  moved as (
    select l.*, l.part || '/' || l.charged_currency || '/' || l.currency as scope from l where l.kind in ('capture', 'capture_reversal',
      'refund', 'refund_reversal', 'dispute', 'dispute_reversal', 'adjustment', 'unknown')),
  -- In the currency that its break speaks of.
  alone as (
    select m.line, m.owner, coalesce(nullif(m.charged, 0), m.gross) as amount,
      case when m.charged <> 0 then m.charged_currency else m.currency end as currency, m.occurred_at
    from moved m where m.subject_id is null union all
    select b.line, coalesce(b.merchant_id, 'mer_operator'), b.amount, b.currency, l.occurred_at from breaks b join l on l.line = b.line
    where b.reconciliation_id = p_id and b.detail ? 'given_up')
  -- A payout is seen from the bank: what it cost leaves the provider too.
  select l.part, 'fees', l.owner, l.currency, '5100', '1100', sum(case
      when l.kind = 'fee' then l.fee - l.gross when l.kind in ('payout', 'collection') then -l.fee else l.fee end), max(l.occurred_at)
    from l where l.kind not in ('dispute', 'dispute_reversal') or l.subject_id is null group by 1, 3, 4
  union all select d.part, 'dispute_fees', d.owner, v.currency, '5200', '1100', sum(v.amount), max(d.occurred_at)
    from of_dispute d cross join lateral (values (d.currency, d.fee), (d.booked_in, -d.booked)) v (currency, amount) group by 1, 3, 4
  union all select coalesce(a.batch, p_id), 'announced', a.owner, a.currency, '1200', '1100', sum(a.net),
    (select max(p.at) from paid p where p.batch is not distinct from a.batch and p.currency = a.currency)
    from announced a group by a.batch, a.owner, a.currency
  union all select l.part, 'reserve', l.owner, l.currency, '1150', '1100', -sum(l.gross), max(l.occurred_at)
    from l where l.kind in ('reserve_hold', 'reserve_release') group by 1, 3, 4
  union all select c.scope, v.what, c.owner, v.currency, v.debit, v.credit, sum(v.amount), max(c.occurred_at)
    from moved c cross join lateral (values ('converted', c.charged_currency, '1190', '1100', c.charged),
      ('converted', c.currency, '1100', '1190', c.gross), ('realized', c.charged_currency, '7100', '1190', c.charged),
      ('realized', c.currency, '1190', '7100', c.gross)) v (what, currency, debit, credit, amount)
    where c.charged is not null group by 1, 2, 3, 4, 5, 6
  -- The balance itself was exchanged: each side of it is a line.
  union all select l.part || '/exchanged', v.what, l.owner, l.currency, v.debit, v.credit, sum(l.gross), max(l.occurred_at)
    from l cross join lateral (values ('converted', '1100', '1190'), ('realized', '1190', '7100')) v (what, debit, credit)
    where l.kind = 'fx' group by 1, 2, 3, 4, 5, 6
  union all select a.line::text, 'suspense', a.owner, a.currency, v.debit, v.credit, sum(abs(a.amount::numeric)), max(a.occurred_at)
    from alone a cross join lateral (values ('1100', '2900', a.amount > 0), ('1900', '1100', a.amount < 0)) v (debit, credit, applies)
    where v.applies group by 1, 3, 4, 5, 6
  -- What people ended they took out of suspense by an entry of their own, and a forced match explains it.
  union all select b.line::text, 'difference', coalesce(b.merchant_id, 'mer_operator'), b.currency, v.debit, v.credit,
      sum(abs(b.amount::numeric)), max(l.occurred_at)
    from breaks b join l on l.line = b.line
    cross join lateral (values ('1100', '2900', b.amount > 0), ('1900', '1100', b.amount < 0)) v (debit, credit, applies)
    where b.reconciliation_id = p_id and b.kind = 'amount' and v.applies
      and (b.status = 'open' or b.resolution ->> 'by' <> 'tender' and b.resolution ->> 'action' <> 'force_match')
    group by 1, 3, 4, 5, 6
$$;
