-- Events of providers that nothing came of are read by people, newest first: each gets an id, in the order they came.
alter table inbox add column id text not null default 'whe_' || uuidv7() constraint inbox_id unique;
create index inbox_open_by_id on inbox (state, id desc) where handled_at is null;
