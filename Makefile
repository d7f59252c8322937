# The same commands for people and CI. Each installs what it needs and is missing (scripts/install.sh).

.PHONY: help run test test-full check bench soak fuzz fmt clean
.DEFAULT_GOAL := help

help:  ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run:  ## build what is stale and start the demo (ARGS="--listen 127.0.0.1:9000" goes to yunke serve)
	@scripts/run.sh $(ARGS)

test:  ## everything CI runs: format, lints, unit, generated files, pages, whole-system tests
	@scripts/test.sh $(ONLY)

test-full:  ## before a release: the same, with every form of each promise, for longer
	@YUNKE_TESTS=full scripts/test.sh $(ONLY)

check:  ## lints without tests: fmt, clippy, types, licences, documents (ADVISORIES=1 also asks the advisory database)
	@scripts/check.sh

bench:  ## measure the release build against nginx and the targets; writes docs/BENCHMARKS.md
	@scripts/bench.sh $(ONLY)

soak:  ## one long lesson by WHIP against the release build (MINUTES=60); writes its section of docs/BENCHMARKS.md
	@scripts/soak.sh $(MINUTES)

fuzz:  ## fuzz what reads bytes of strangers (SECONDS=60 each; ONLY="rtmp flv")
	@scripts/fuzz.sh $(or $(SECONDS),60) $(ONLY)

fmt:  ## format Rust and the pages
	@cargo fmt --all
	@if [ -d web/node_modules ]; then cd web && npm run --silent fmt --if-present; fi

clean:  ## remove what was built; data/ stays
	@cargo clean
	@rm -rf web/dist web/node_modules tests/node_modules tests/out
