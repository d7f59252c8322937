#!/usr/bin/env bash
# Fuzzes what reads bytes of strangers, each target for SECONDS. fuzz.sh [SECONDS] [TARGET…]
# Stable Rust and libFuzzer, without an address sanitizer: the code is safe Rust, a fault is a panic, a hang or memory.
source "$(dirname "$0")/lib.sh"

PATH="$HOME/.cargo/bin:$PATH"
seconds=${1:-60}
[ $# = 0 ] || shift
[ $# != 0 ] || set -- offer fragment rtmp flv ts rtp stun playlist room
host=$(rustc -vV | sed -n 's/^host: //p')
out=target/fuzz
# What cargo-fuzz passes, too. In place of the flags of .cargo/config.toml.
export RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing -Cdebug-assertions"

# The product's own versions; what a fuzzer needs besides is added.
cp Cargo.lock tests/fuzz/Cargo.lock
step "Building the targets with coverage (minutes, the first time)"
bins=()
for name in "$@"; do
  bins+=(--bin "$name")
  [ "$name" != room ] || bins+=(--features room)
done
cargo build --manifest-path tests/fuzz/Cargo.toml --target-dir "$out" --target "$host" "${bins[@]}"
for name in "$@"; do
  step "$name, $seconds s"
  mkdir -p "$out/found/$name" "$out/crashes"
  # What is new goes to target/; what is worth keeping is copied into the corpus by hand.
  "$out/$host/debug/$name" -max_total_time="$seconds" -timeout=25 -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 \
    -artifact_prefix="$out/crashes/$name-" "$out/found/$name" "tests/fuzz/corpus/$name"
done
