# What people run. Each target is one line of sequence; what it takes lies in scripts/ and in Go.
# `make demo` and `make test` need nothing done before them but Go on PATH.

.DEFAULT_GOAL := help
.PHONY: help native asan-native samples build test demo api race reference pointers asan nocgo vet lint format tidy gen examples downstream cycles interop interop-short soak reliability official faults fuzz ci clean

# Whole-system tests run real drivers, so packages take turns; a package that hangs must not eat the whole run.
# -count=1: Go's test cache does not see the C side.
TEST := go test -count=1 -p 1 -timeout 10m
# Where Go and C meet; the lanes that watch memory run these.
BOUNDARY := ./cgo ./aeronc .
FUZZTIME ?= 10s
# How often the lane of pointers runs: COUNT=10 before a release.
COUNT ?= 1
# RECORD=yes: what tests measure goes into docs/reliability.json, for docs/RELIABILITY.md.
ifdef RECORD
export RELIABILITY_JSON := $(CURDIR)/docs/reliability.json
endif

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' Makefile

native: ## the native library, in vendor-c/prefix (as root, installs the packages that its build lacks)
	scripts/bootstrap

asan-native: ## the native library with AddressSanitizer, in vendor-c/prefix/asan
	scripts/bootstrap --asan

samples: ## the native library with aeronmd and the samples of upstream beside it
	scripts/bootstrap --samples

build: native ## every package and command
	go build ./...

# What is bounded by its own count and time has a limit of its own too.
test: samples ## everything a newcomer needs to see pass
	go vet ./...
	$(TEST) $$(go list ./... | grep -v -e '/test/faults$$' -e '/test/soak$$')
	$(TEST) -timeout 4m ./test/faults
	$(TEST) -timeout 3m ./test/soak

demo: native ## a file through an embedded driver, over IPC and UDP; FILE=… chooses the file, ARGS=… adds flags
	go run ./cmd/aerongo demo $(ARGS) $(FILE)

api: native ## how much of Aeron's C API is wrapped, and that tests execute every wrapper
	scripts/api-coverage

# Ten thousand damaged files read one after the other take minutes there, and nothing runs beside it. What C's receiver does with the
# destinations of subscriptions is nothing that these two lanes look at; that of ASan is for it.
race: native ## the tests under Go's race detector (which does not see the C side)
	$(TEST) -race -skip '^TestLook_atMutatedFiles$$|^TestReceiveDestination_' $(BOUNDARY) ./aeronprom ./idle ./ids ./stats/... ./uri ./internal/... ./cmd/aerongo/...

# The tests of the boundary pass under the tag as a whole; those that follow messages are enough here.
reference: native ## the tests that follow messages, with logs read and written by C's own functions
	$(TEST) -tags aeron_reference -run 'Poll|Publication|Claim|Batch|Assembl|DataPath|Writer|Receive|Invoker' ./aeronc .

pointers: native ## the boundary's tests with every conversion of a pointer checked, and every Go pointer in C memory found, while garbage is collected all the time
	GOEXPERIMENT=cgocheck2 GOGC=1 go test -count=$(COUNT) -p 1 -timeout $(COUNT)0m -skip '^TestReceiveDestination_' -gcflags=all=-d=checkptr $(BOUNDARY)

asan: asan-native ## the boundary's tests with AddressSanitizer and LeakSanitizer on both sides
	scripts/asan $(TEST) $(BOUNDARY)

nocgo: ## what must work without cgo, and that the rest says why it does not
	scripts/nocgo

vet: native ## go vet, of the tests behind a build tag too
	go vet -tags downstream,programs,interop,official ./...
	go vet -tags aeron_reference ./aeronc

lint: native ## golangci-lint, the pinned version, which is built into bin/ first
	scripts/golangci-lint run

format: native ## say what is not formatted
	scripts/golangci-lint fmt --diff

tidy: ## say what go mod tidy would change
	go mod tidy -diff

gen: native ## make generated code again, and fail if it differs from what was there
	scripts/generate

examples: native ## run every example and look at what it prints
	scripts/run-examples

downstream: native ## a module that requires this one, from a read-only copy, by the documented steps
	go test -count=1 -tags downstream -timeout 15m ./test/downstream

cycles: native ## 1,000 drivers opened, used and closed in one process, with what the process holds before and after
	go test -count=1 -v -timeout 15m -run '^TestCycles$$' ./test/scenarios -args -cycles 1000

.PHONY: metrics
metrics: native ## the metrics, alert rules and dashboard on a real Prometheus (as root, installs it)
	scripts/with-programs promtool=prometheus prometheus=prometheus -- $(TEST) -tags programs ./test/metrics

.PHONY: bench
bench: native ## throughput, latency and costs beside C, Java and aeron-go, in twenty minutes; ARGS="--quick --json FILE" takes four minutes
	scripts/bench $(ARGS)

.PHONY: bench-docs
bench-docs: native ## measure everything, and show it in docs/BENCHMARKS.md
	scripts/bench --json docs/bench/results.json $(ARGS)
	scripts/bench --render docs

interop: ## everybody who speaks Aeron with everybody else, the whole matrix, and upstream's tools beside stats (as root, installs a JDK and Maven)
	scripts/bootstrap --java --samples
	go test -count=1 -tags interop -timeout 60m ./test/interop -full
	$(TEST) -timeout 5m -tags interop ./test/stats

interop-short: ## a covering part of that, and upstream's own tools beside stats
	scripts/bootstrap --java --samples
	$(TEST) -timeout 5m -tags interop ./test/interop ./test/stats

SOAKTIME ?= 30m
soak: native ## a hundred streams with losses, while clients and drivers come and go, for SOAKTIME (30m); plots what the process holds
	mkdir -p docs/plots
	go test -count=1 -timeout 2h -v ./test/soak -run TestSoak -duration $(SOAKTIME) -plot $(CURDIR)/docs/plots/soak.svg

reliability: ## the suites that record figures, in their bounded form, and docs/RELIABILITY.md made of them
	$(MAKE) --no-print-directory RECORD=yes test interop-short
	go run ./test/reliability

official: ## Aeron's own Java system tests and aeron-go's against our driver: ten minutes, root, JDK, Maven, cargo
	scripts/bootstrap --java
	go test -count=1 -tags official -timeout 60m -v ./test/official

.PHONY: page picture
page: native ## the page of aerongo serve in a real Chromium (as root, installs it)
	scripts/with-programs chromium=chromium -- $(TEST) -tags programs ./test/page

.PHONY: tap
tap: native ## what aerongo tap writes, in Wireshark's tshark (as root, installs it)
	scripts/with-programs tshark=tshark -- $(TEST) -tags programs ./test/tap

.PHONY: pkgconfig
pkgconfig: native ## what packagers do: a program built with the library that pkg-config finds (as root, installs it)
	scripts/with-programs pkg-config=pkg-config -- $(TEST) -tags programs -run '^TestPkgConfig' ./cmd/aeron-native

picture: native ## the pictures of that page and of stat --watch in docs, anew
	scripts/with-programs chromium=chromium -- $(TEST) -tags programs ./test/page -args -picture $(CURDIR)/docs/page.png -top $(CURDIR)/docs/top.svg

faults: native ## everything that goes wrong around the library, at full length (make test runs it bounded): more than an hour
	go test -count=1 -timeout 4h ./test/faults -full

fuzz: native ## every fuzz target, FUZZTIME each (10s)
	scripts/fuzz $(FUZZTIME)

ci: ## all of it, as the build machine does
	.ci/run

clean: ## remove what was built in the checkout; caches outside it stay
	rm -rf bin vendor-c/prefix vendor-c/build vendor-c/src cgo/native_id.h
