#!/usr/bin/env bash
# Everything CI runs. Every step runs even if an earlier one failed; the last line counts the tests.
# test.sh [STEP…]: only these steps (see `all`). No input, no network but the package registries.
source "$(dirname "$0")/lib.sh"

all=(fmt web build rust fresh deploy e2e)
[ $# != 0 ] || set -- "${all[@]}"
logs=target/test-logs
rm -rf "$logs" && mkdir -p "$logs"
export CARGO_TERM_COLOR=never NO_COLOR=1
passed=0 failed=0 broken=()

# Commands are chained with &&: inside `|| …` bash ignores `set -e`.
step_fmt() {
  cargo fmt --all --check && node scripts/circles.mjs
}
# One compile: clippy is the compiler of our own crates here, so that what is linted is what the tests and the programs are
# linked of. `cargo clippy` would check all dependencies a second time, for nothing. Its driver gets its arguments like this.
linting_compiler() {
  RUSTC_WORKSPACE_WRAPPER=$(rustc --print sysroot)/bin/clippy-driver
  [ -x "$RUSTC_WORKSPACE_WRAPPER" ] || fail "clippy is missing: rustup component add clippy, then run make again."
  local next=__CLIPPY_HACKERY__
  CLIPPY_ARGS="-D${next}warnings${next}"
  export RUSTC_WORKSPACE_WRAPPER CLIPPY_ARGS
}
# Tests, the two programs and those of tests/load, with the same features.
step_build() { cargo build --locked --workspace --all-targets; }
step_web() {
  scripts/web.sh deps && cd web && npm run --silent typecheck && npm run --silent lint && npm run --silent circles && npm test --silent && cd .. &&
    scripts/web.sh build && cd web && npm run --silent size && npm run --silent floor
}
step_rust() {
  if cargo nextest --version >/dev/null 2>&1; then
    local how=(--locked --workspace --no-fail-fast --no-tests=pass --status-level=slow --final-status-level=fail) ok=0
    cargo nextest run "${how[@]}" || ok=$?
    # The API once more, with the other database.
    YUNKE_TEST_STORE=postgres cargo nextest run "${how[@]}" -E 'binary(api)' || ok=$?
    return "$ok"
  else
    cargo test --locked --workspace --no-fail-fast --quiet && YUNKE_TEST_STORE=postgres cargo test --locked --workspace --no-fail-fast --quiet --test api
  fi
}
step_fresh() { step_build && scripts/fresh.sh; }
step_deploy() { scripts/lint-deploy.sh; }
step_e2e() { scripts/web.sh build && step_build && scripts/web.sh deps tests && node tests/run.mjs; }

# count WORD LOG: adds up "N WORD" over the closing lines of nextest, cargo test, vitest and tests/run.mjs.
count() {
  { grep -E '^ *Summary \[|^test result:|^ *Tests |^[0-9]+ passed, [0-9]+ failed' "$2" || true; } |
    { grep -oE "[0-9]+ $1" || true; } | awk '{n += $1} END {print n + 0}'
}

room 8
scripts/install.sh test
PATH="$HOME/.cargo/bin:$PATH"
linting_compiler
took=()
for name in "$@"; do
  step "$name"
  began=$SECONDS log=$logs/$name.log ok=0
  ("step_$name") </dev/null 2>&1 | tee "$log" || ok=$?
  step_passed=$(count passed "$log") step_failed=$(count failed "$log")
  # A step without tests of its own is one; one that broke without counting a failure has one.
  [ "$ok" != 0 ] || [ "$step_passed" != 0 ] || step_passed=1
  [ "$ok" = 0 ] || [ "$step_failed" != 0 ] || step_failed=1
  [ "$ok" = 0 ] || broken+=("$name")
  passed=$((passed + step_passed)) failed=$((failed + step_failed))
  took+=("$name $((SECONDS - began))")
  printf '  %s: %s passed, %s failed, %s s\n' "$name" "$step_passed" "$step_failed" "$((SECONDS - began))"
done

printf '\nSeconds: %s\n' "$(IFS=,; echo "${took[*]}")"
printf '%s\n' "${took[@]}" >"$logs/steps"
[ "${#broken[@]}" = 0 ] || printf '\nFailed: %s (logs in %s)\n' "${broken[*]}" "$logs"
printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" = 0 ]
