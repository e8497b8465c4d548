# Every target does its own set-up. A fresh machine needs Go, and for the tests
# Python 3, a Java runtime and a C compiler (DuckDB's driver).
FUZZTIME ?= 10s

.DEFAULT_GOAL := demo
.PHONY: help demo build test race fuzz lint check bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "%-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## (default) run the main pipeline over the embedded demo API, without network
	go run ./cmd/civic-etl run pipelines/evidence.yaml --demo

build: ## build bin/civic-etl, statically linked
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o bin/civic-etl ./cmd/civic-etl

test: ## run all tests, including those with other readers (DuckDB, Spark)
	go test -timeout 30m ./...
	testdata/readers/setup
	cd testdata/readers && go test -timeout 30m ./...

race: ## run the Go tests with the race detector
	go test -race -timeout 30m ./...

fuzz: ## run each fuzz target for FUZZTIME
	.ci/fuzz $(FUZZTIME)

lint: ## check formatting, go.mod, and run golangci-lint
	.ci/lint

check: lint test race fuzz ## run lint, test, race and fuzz

bench: ## compare with DuckDB, interleaved; prints the ratios
	testdata/readers/setup
	cd testdata/readers && go run ./bench

clean: ## remove bin and out
	rm -rf bin out
