#!/usr/bin/env bash
# Writes server/store-postgres/.sqlx: what the query macros know of PostgreSQL's schema, so that a build needs no server. After a
# change of a statement or of a migration: run it and commit. queries.sh check: is it of the migrations there are?
source "$(dirname "$0")/lib.sh"

crate=server/store-postgres
stamp=$(cat migrations/postgres/*.sql | sha256sum | cut -d ' ' -f 1)
if [ "${1:-}" = check ]; then
  [ "$(cat $crate/.sqlx/migrations 2>/dev/null)" = "$stamp" ] || fail "$crate/.sqlx is of other migrations: run scripts/queries.sh and commit it."
  exit
fi
{ read -r schema; read -r home; } < <(scripts/postgres.sh own)
trap 'rm -f "$crate/.env"; kill -QUIT "$(head -n 1 "$home/data/postmaster.pid")"; sleep 1; rm -rf "$home"' EXIT
for file in migrations/postgres/*.sql; do psql -q -v ON_ERROR_STOP=1 "$schema" -f "$file"; done
rm -rf "$crate/.sqlx"
mkdir "$crate/.sqlx"
touch "$crate/src/lib.rs"
# Read by the macros of this crate alone: both databases have the same statements, and a file is named by its statement.
printf 'YUNKE_POSTGRES_SCHEMA_URL=%s\nSQLX_OFFLINE_DIR=%s\n' "$schema" "$PWD/$crate/.sqlx" >"$crate/.env"
cargo build --locked --workspace --all-targets
echo "$stamp" >"$crate/.sqlx/migrations"
step "$(find $crate/.sqlx -name '*.json' | wc -l) statements"
