#!/usr/bin/env bash
# A long lesson against the release build (minutes, 60 unless given); writes its section of docs/BENCHMARKS.md.
source "$(dirname "$0")/lib.sh"

scripts/install.sh test
PATH="$HOME/.cargo/bin:$PATH"
scripts/web.sh deps tests
step "Building the release (minutes)"
cargo build --release --locked -p yunke-server -p yunke-media -p yunke-load
TEST_BIN="$PWD/target/release" exec node tests/soak.mjs "$@"
