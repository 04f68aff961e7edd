-- The API's own connection asks for refunds; those that need no second person, being ours, are a worker's.
drop policy api_requests on operations;
create policy api_requests on operations as restrictive for insert to tender_api
  with check (status in ('requested', 'requires_approval') and not late and (kind <> 'refund' or cause = 'request'));
