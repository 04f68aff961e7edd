-- What scheduled work goes by: which periods of the books are over and not closed, and which schedules somebody
-- has paused, kept where it outlives Temporal's database.

-- First days, oldest first, of the periods that ended at least `p_after` ago. The books begin with the first entry.
create function periods_to_close(p_kind text, p_after interval, p_limit int) returns setof date language sql stable
set search_path = public, pg_temp set timezone = 'UTC' as $$
  select p.first_day::date
  from (select least(e.effective_at, e.recorded_at) as at from journal_entries e order by e.id limit 1) began,
    (select case p_kind when 'day' then interval '1 day' when 'month' then interval '1 month' end as length,
      case p_kind when 'day' then 'YYYY-MM-DD' else 'YYYY-MM' end as name) k,
    generate_series(date_trunc(p_kind, began.at), tender_now(), k.length) p (first_day)
  where p.first_day + k.length + p_after <= tender_now()
    and not exists (select from ledger_closes c where c.period = to_char(p.first_day, k.name))
  order by 1 limit p_limit
$$;
revoke execute on function periods_to_close(text, interval, int) from public;
grant execute on function periods_to_close(text, interval, int) to tender_worker;

create table schedule_pauses (
  schedule text constraint schedule_pauses_pkey primary key,
  note text not null,
  seen_at timestamptz not null default tender_now()
);
grant select, insert, update, delete on schedule_pauses to tender_worker;
