#!/usr/bin/env bash
# Are the files of deploy/ accepted by the programs that will read them?
source "$(dirname "$0")/lib.sh"

made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT

# systemd wants to see the program it would start, and the user: a stand-in for one, root for the other.
unit() {
  install -m 755 /bin/true "$made/yunke"
  sed -e "s#/usr/local/bin/yunke#$made/yunke#; s#^\(User\|Group\)=.*#\1=root#; /^Documentation=/d" \
    deploy/single-box/yunke.service >"$made/yunke.service"
  systemd-analyze verify --man=no "$made/yunke.service"
}

# nginx gets the site and its own configuration on paths it may write to. As root it would raise its limits, which not every
# machine allows: that is a warning, and errors are all that counts here.
edge() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=lessons.example.org \
    -keyout "$made/privkey.pem" -out "$made/fullchain.pem" 2>/dev/null
  sed -e "s#/etc/ssl/yunke#$made#g; s#/var/cache/nginx#$made#g; s#/var/log/nginx#$made#g" deploy/edge/yunke.conf >"$made/yunke.conf"
  sed -e "s#/run/nginx.pid#$made/nginx.pid#; s#/var/log/nginx/error.log crit#stderr#; /modules-enabled/d; s#/etc/nginx/conf.d/\*#$made/yunke#" \
    deploy/edge/nginx.conf >"$made/nginx.conf"
  enough || return 1
  PATH="$PATH:/usr/sbin" nginx -q -t -e stderr -c "$made/nginx.conf"
}

# A phone is two connections: 21,000 of them must fit into one worker, with as many files.
enough() {
  local connections files
  connections=$(sed -n 's/^ *worker_connections \([0-9]*\);/\1/p' deploy/edge/nginx.conf)
  files=$(sed -n 's/^worker_rlimit_nofile \([0-9]*\);/\1/p' deploy/edge/nginx.conf)
  [ "$connections" -ge 42000 ] && [ "$files" -ge "$connections" ] || { echo "the edge has too little room: $connections connections, $files files"; return 1; }
}

yaml() { /usr/bin/python3 -c 'import sys, yaml; [yaml.safe_load(open(f)) for f in sys.argv[1:]]' deploy/monitoring/*.yml; }
# An alert on a figure that no program has would never fire.
figures() {
  local name
  for name in $(grep -oE 'yunke_[a-z_]+' deploy/monitoring/alerts.yml | sed -E 's/_(sum|count)$//' | sort -u); do
    grep -rqF "\"$name\"" --include='*.rs' server/src media/src || { printf 'no program has %s\n' "$name"; return 1; }
  done
}
toml() { /usr/bin/python3 -c 'import sys, tomllib; [tomllib.load(open(f, "rb")) for f in sys.argv[1:]]' deploy/single-box/*.toml; }
shell() { for script in scripts/*.sh .ci/run; do bash -n "$script" || return 1; done; }

for what in unit edge yaml figures toml shell; do
  "$what" || fail "deploy: $what"
  printf '  %s ok\n' "$what"
done
