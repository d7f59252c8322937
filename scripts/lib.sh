# Shared by the scripts: one voice for every step. Sourced, never run.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ -t 1 ]; then bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'; else bold='' red='' plain=''; fi

# A line per step; what the step's own tool prints stands under it.
step() { printf '%s▸ %s%s\n' "$bold" "$*" "$plain"; }
fail() { printf '%s✗ %s%s\n' "$red" "$*" "$plain" >&2; exit 1; }

# version_at_least HAVE WANT: compares dotted numbers.
version_at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# newer_than STAMP PATH…: true if a file under PATH is newer than STAMP, or STAMP is missing.
newer_than() {
  local stamp=$1; shift
  [ -e "$stamp" ] || return 0
  [ -n "$(find "$@" -name node_modules -prune -o -name dist -prune -o -type f -newer "$stamp" -print -quit 2>/dev/null)" ]
}

# room GIB: ends here, with words, when what is not built yet would fill the disk half-way. A tree that was built before grows little.
room() {
  [ ! -d target/debug ] || return 0
  local free
  free=$(df --output=avail -BG . | tail -n 1 | tr -dc 0-9)
  [ "$free" -ge "$1" ] ||
    fail "The disk has $free GiB free here, the first build needs $1. Make room and run make again."
}
