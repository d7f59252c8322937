#!/usr/bin/env bash
# web.sh deps|build: the front-end's packages and its files in web/dist, each made only when stale.
source "$(dirname "$0")/lib.sh"

# packages DIR: npm ci, if the lock file is newer than what is installed.
packages() {
  local stamp=$1/node_modules/.package-lock.json
  if [ ! -e "$stamp" ] || [ "$1/package-lock.json" -nt "$stamp" ]; then
    step "Fetching the packages of $1 (npm ci)"
    (cd "$1" && npm ci --no-audit --no-fund </dev/null)
    touch "$stamp"
  fi
}

case ${1:-build} in
  deps) packages "${2:-web}" ;;
  build)
    packages web
    if newer_than web/dist/index.html web; then
      step "Building the pages (web/dist)"
      (cd web && npm run --silent build -- --logLevel error </dev/null)
      touch web/dist/index.html
    fi
    ;;
  *) fail "usage: web.sh deps [DIR] | build" ;;
esac
