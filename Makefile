# Every target does its own set-up: a fresh machine needs Go, and for the tests
# Python 3, a Java runtime and a C compiler (DuckDB's driver).
STATICCHECK = go tool -modfile=.ci/tools/go.mod staticcheck
FUZZTIME ?= 10s

.PHONY: demo build test race fuzz lint check bench clean

demo: ## run the main job over the embedded stand-in of the API, no network
	go run ./cmd/civic-etl run pipelines/evidence.yaml --demo

build:
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o bin/civic-etl ./cmd/civic-etl

test: ## every test, the readers' (DuckDB, Spark) included
	go test -timeout 30m ./...
	testdata/readers/setup
	cd testdata/readers && go test -timeout 30m ./...

race:
	go test -race -timeout 30m ./...

fuzz: ## each fuzz target for FUZZTIME
	.ci/fuzz $(FUZZTIME)

lint: ## formatting, vet, staticcheck
	.ci/lint

check: lint test race fuzz

bench: ## the comparison with DuckDB, interleaved; prints the ratios
	testdata/readers/setup
	cd testdata/readers && go run ./bench

clean:
	rm -rf bin out
