#!/usr/bin/env bash
# Measures the release build and writes docs/BENCHMARKS.md. bench.sh [NAME…]: only these figures, the rest is kept.
source "$(dirname "$0")/lib.sh"

scripts/install.sh test
PATH="$HOME/.cargo/bin:$PATH"
scripts/web.sh build
scripts/web.sh deps tests
step "Building the release (minutes)"
cargo build --release --locked -p yunke-server -p yunke-media -p yunke-load
# A connection each for the waiting readers, on both sides.
ulimit -n "$(ulimit -Hn)"
TEST_BIN="$PWD/target/release" exec node tests/bench.mjs "$@"
