#!/usr/bin/env bash
# Makes the machine ready: install.sh run|test. Installs only what is missing; sudo only if not root.
source "$(dirname "$0")/lib.sh"

need_rust=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
need_node=20.19

toolchain() {
  command -v cargo >/dev/null || [ ! -x "$HOME/.cargo/bin/cargo" ] || PATH="$HOME/.cargo/bin:$PATH"
  command -v cargo >/dev/null ||
    fail "Rust is missing. Install $need_rust or newer from https://rustup.rs, open a new shell, run make again."
  local rust
  rust=$(rustc --version | awk '{print $2}')
  version_at_least "$rust" "$need_rust" ||
    fail "Rust $rust is too old, $need_rust or newer is needed: rustup update stable"
  command -v node >/dev/null && command -v npm >/dev/null ||
    fail "Node.js with npm is missing. Install $need_node or newer from https://nodejs.org, run make again."
  local node
  node=$(node --version | tr -d v)
  version_at_least "$node" "$need_node" ||
    fail "Node.js $node is too old, $need_node or newer is needed: https://nodejs.org"
}

# The packages of the wanted groups that dpkg does not know as installed.
missing_packages() {
  local groups=run
  [ "$1" = test ] && groups='run|test'
  local wanted
  mapfile -t wanted < <(awk -v g="^($groups)\$" '$1 ~ g {print $2}' deploy/packages.txt)
  local installed
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
    awk '$1 == "installed" {print $2}' || true)
  comm -23 <(printf '%s\n' "${wanted[@]}" | sort -u) <(printf '%s\n' "$installed" | sort -u)
}

# Packages that bring a service must not start it: `make test` starts its own, on ports of its own.
install_quietly() {
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  [ "${#as_root[@]}" = 0 ] || command -v sudo >/dev/null ||
    fail "Not root and no sudo. As root, run: apt-get install --no-install-recommends $*"
  step "Installing Debian packages: $*"
  local policy=/usr/sbin/policy-rc.d ours=
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    "${as_root[@]}" chmod 755 "$policy"
    ours=1
  fi
  local ok=0
  "${as_root[@]}" apt-get -q update </dev/null &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get -q install -y --no-install-recommends "$@" </dev/null || ok=$?
  [ -z "$ours" ] || "${as_root[@]}" rm -f "$policy"
  [ "$ok" = 0 ] || fail "apt-get could not install them (its words stand above)."
}

group=${1:-run}
case $group in run | test) ;; *) fail "usage: install.sh run|test" ;; esac
toolchain
if command -v dpkg-query >/dev/null; then
  mapfile -t missing < <(missing_packages "$group")
  [ "${#missing[@]}" = 0 ] || install_quietly "${missing[@]}"
else
  step "Not a Debian system: install the equivalents of deploy/packages.txt by hand if the build misses one."
fi
