#!/usr/bin/env bash
# Lints without tests. ADVISORIES=1 also asks the advisory database (it is fetched from the network).
source "$(dirname "$0")/lib.sh"

scripts/install.sh test
PATH="$HOME/.cargo/bin:$PATH"
deny_version=0.20.2
deny=target/tools/bin/cargo-deny

step "cargo fmt --check"
cargo fmt --all --check
step "No import circles between files or folders"
node scripts/circles.mjs
step "cargo clippy, warnings are errors"
cargo clippy --locked --workspace --all-targets -- -D warnings
if [ ! -x "$deny" ] || ! "$deny" --version | grep -qF " $deny_version"; then
  step "Installing cargo-deny $deny_version into target/tools (minutes, once)"
  cargo install --locked --debug --root target/tools "cargo-deny@$deny_version"
fi
step "cargo deny: licences, bans, sources${ADVISORIES:+, advisories}"
"$deny" --offline check licenses bans sources
[ -z "${ADVISORIES:-}" ] || "$deny" check advisories
step "The documents: links, lines, routes, metrics, log fields"
node scripts/docs/check.mjs
step "Types of the pages"
scripts/web.sh deps
(cd web && npm run --silent typecheck)
step "Lint of pages, tests and scripts, warnings are errors"
(cd web && npm run --silent lint)
step "No circle of imports in pages and tests"
(cd web && npm run --silent circles)
step "The pages use nothing newer than the floor of browsers"
scripts/web.sh build
(cd web && npm run --silent floor)
