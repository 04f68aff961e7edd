-- What risk is watched by costs the last hour, and what is open or stands: never what is stored.

-- As in 0066, with what is counted.
drop index risk_decisions_newest;
create index risk_decisions_newest on risk_decisions (at desc) include (outcome, mode, fail_reason);
-- Those that stood in an attack, whatever was done about it.
create index risk_decisions_attacked on risk_decisions (at) where reasons @> '[{"kind": "attack"}]';
create index reviews_oldest_open on reviews (opened_at) where status = 'open';
-- Added by Tender itself, under attack.
create index risk_list_entries_automatic on risk_list_entries (expires_at) include (entity)
  where added_by = 'tender' and removed_at is null;
