#!/usr/bin/env bash
# Is what is generated and committed what would be generated now, and do the documents say what the code has?
# `fresh.sh write` generates and wraps lines.
source "$(dirname "$0")/lib.sh"

made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
target/debug/yunke openapi >"$made/openapi.json"
if [ "${1:-check}" = write ]; then
  cp "$made/openapi.json" web/src/api/openapi.json
  (cd web && npm run --silent api)
  node scripts/docs/wrap.mjs
  exit
fi
stale=0
cmp -s "$made/openapi.json" web/src/api/openapi.json || { stale=1; diff -u web/src/api/openapi.json "$made/openapi.json" | head -n 40; }

# Every direct dependency has its line in docs/DEPENDENCIES.md.
direct() {
  sed -n '/^\[workspace.dependencies\]/,/^\[workspace.lints/p' Cargo.toml | grep -oE '^[a-z0-9_-]+ =' | tr -d ' =' | grep -v '^yunke-'
  node -p 'for (const f of ["web", "tests"]) { const p = require(`./${f}/package.json`); for (const n of [...Object.keys(p.dependencies ?? {}), ...Object.keys(p.devDependencies)]) console.log(n) } ""'
}
for name in $(direct); do
  grep -qF "\`$name\`" docs/DEPENDENCIES.md || { stale=1; printf '%s is missing in docs/DEPENDENCIES.md\n' "$name"; }
done
scripts/queries.sh check || stale=1
# The documents name every route, metric and log field; their links lead somewhere, their lines are wrapped.
node scripts/docs/check.mjs || stale=1
[ "$stale" = 0 ] || fail "Stale, see above. Generated files: run scripts/fresh.sh write and commit them."
