#!/bin/sh
# Temporal's two databases, made if missing and brought to the schema of this sql tool. Run before
# the server, again at every start and before every upgrade: with nothing to do it changes nothing.
# docker-compose.yml runs it in temporalio/admin-tools, `npm run cluster:local` on this machine.
# SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD say where; the role must be allowed to create
# databases.
set -eu

: "${SQL_HOST:?is not set}" "${SQL_USER:?is not set}" "${SQL_PASSWORD:?is not set}"
export SQL_HOST SQL_USER SQL_PASSWORD
export SQL_PORT="${SQL_PORT:-5432}"
export SQL_PLUGIN=postgres12

prepare() {
  SQL_DATABASE="$1"
  export SQL_DATABASE
  temporal-sql-tool create-database
  temporal-sql-tool setup-schema --version 0.0
  temporal-sql-tool update-schema --schema-name "$2"
}

prepare "${DBNAME:-temporal}" postgresql/v12/temporal
prepare "${VISIBILITY_DBNAME:-temporal_visibility}" postgresql/v12/visibility
