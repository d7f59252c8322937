#!/usr/bin/env bash
# A PostgreSQL for tests: prints its address. One for everybody of this checkout; it is started if it does not run, and ends by itself
# minutes after it was last asked for. It keeps nothing over a crash, which makes it fast.
# postgres.sh: the shared one. postgres.sh own: another one; prints its folder, too, and whoever starts it ends it (data/postmaster.pid).
# postgres.sh own durable: one that keeps what it says it keeps, for measuring.
source "$(dirname "$0")/lib.sh"

bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
[ -n "$bin" ] || fail "PostgreSQL is missing: scripts/install.sh test installs it."
idle=180

# PostgreSQL does not run as root.
as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
address() { printf 'postgres://yunke@127.0.0.1:%s/postgres\n' "$(sed -n 4p "$1/data/postmaster.pid")"; }
runs() { [ -s "$1/data/postmaster.pid" ] && kill -0 "$(head -n 1 "$1/data/postmaster.pid")" 2>/dev/null; }

start() {
  local dir=$1 kept=off options
  [ "${2:-}" != durable ] || kept=on
  mkdir -p "$dir"
  [ "$(id -u)" != 0 ] || chown postgres "$dir"
  [ -d "$dir/data" ] || as_postgres "$bin/initdb" -D "$dir/data" -U yunke --auth=trust --no-sync --encoding=UTF8 --locale=C.UTF-8 >"$dir/initdb.log"
  options="-p $(free_port) -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=$kept -c synchronous_commit=$kept
    -c full_page_writes=$kept -c max_connections=300 -c shared_buffers=64MB"
  as_postgres "$bin/pg_ctl" -D "$dir/data" -w -s -l "$dir/log" -o "${options//$'\n'/ }" start
}

# Ends the shared one when nobody asked for it in a while.
watch_over() {
  while runs "$1" && [ $(($(date +%s) - $(stat -c %Y "$1/asked"))) -lt $idle ]; do sleep 5; done
  exec 9>"$1.lock"
  flock 9
  [ $(($(date +%s) - $(stat -c %Y "$1/asked"))) -ge $idle ] || { flock -u 9; watch_over "$1"; return; }
  ! runs "$1" || as_postgres "$bin/pg_ctl" -D "$1/data" -s -m immediate stop
  rm -rf "$1"
}

if [ "${1:-}" = own ]; then
  own=$(mktemp -d /tmp/yunke-postgres-own-XXXXXX)
  start "$own" "${2:-}" >&2
  address "$own"
  printf '%s\n' "$own"
  exit
fi
dir=/tmp/yunke-postgres-$(printf %s "$PWD" | md5sum | cut -c 1-12)
exec 9>"$dir.lock"
flock 9
if ! runs "$dir"; then
  rm -rf "$dir"
  start "$dir" 9>&- >&2
  touch "$dir/asked"
  (watch_over "$dir") 9>&- </dev/null >/dev/null 2>&1 &
fi
touch "$dir/asked"
address "$dir"
