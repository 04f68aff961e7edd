#!/bin/sh
# The role as which Temporal keeps its own databases. The postgres image runs this once, when it
# makes a new data folder. A role of its own: Temporal has no business in the ledger.
set -eu

: "${TEMPORAL_DB_PASSWORD:?is not set}"
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  --set password="$TEMPORAL_DB_PASSWORD" <<'SQL'
create role temporal login createdb password :'password';
SQL
