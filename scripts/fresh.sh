#!/usr/bin/env bash
# Is what is generated and committed what would be generated now? `fresh.sh write` makes it so.
source "$(dirname "$0")/lib.sh"

made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
target/debug/yunke openapi >"$made/openapi.json"
if [ "${1:-check}" = write ]; then
  cp "$made/openapi.json" web/src/api/openapi.json
  (cd web && npm run --silent api)
  exit
fi
stale=0
cmp -s "$made/openapi.json" web/src/api/openapi.json || { stale=1; diff -u web/src/api/openapi.json "$made/openapi.json" | head -n 40; }
cp web/src/api/schema.d.ts "$made/schema.d.ts"
(cd web && node_modules/.bin/openapi-typescript src/api/openapi.json -o "$made/new.d.ts" >/dev/null)
cmp -s "$made/new.d.ts" "$made/schema.d.ts" || { stale=1; diff -u "$made/schema.d.ts" "$made/new.d.ts" | head -n 40; }
[ "$stale" = 0 ] || fail "Generated files are stale: run scripts/fresh.sh write and commit them."
