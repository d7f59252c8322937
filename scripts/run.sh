#!/usr/bin/env bash
# Builds what is stale and starts the demo in the foreground. Arguments go to `yunke serve`.
source "$(dirname "$0")/lib.sh"

room 3
scripts/install.sh run
PATH="$HOME/.cargo/bin:$PATH"
scripts/web.sh build
step "Building the server and the media service (the first time takes minutes)"
cargo build --locked
step "Starting: yunke serve --demo (Ctrl-C stops everything)"
exec target/debug/yunke serve --demo "$@"
