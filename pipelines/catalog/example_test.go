package catalog_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/civic-etl/civic-etl/extract/demoapi"
	"github.com/civic-etl/civic-etl/pipelines"
	"github.com/civic-etl/civic-etl/pipelines/catalog"
	"github.com/civic-etl/civic-etl/pipelines/run"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// One pipeline is published in a folder, and the catalog is written beside its output.
func ExampleWrite() {
	api, err := demoapi.New(demoapi.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(api)
	defer server.Close()
	out, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(out)

	if err := publish(server.URL+"/api/graphql", out); err != nil {
		fmt.Println(err)
		return
	}
	entries, err := os.ReadDir(out)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, entry := range entries {
		fmt.Println(entry.Name())
	}
	// Output:
	// README.md
	// load.duckdb.sql
	// load.spark.sql
	// variant_types
}

func publish(endpoint, out string) error {
	files, err := pipelines.Find("variant_types")
	if err != nil {
		return err
	}
	plans, err := pipelines.CompileAll(files, spec.Settings{Out: filepath.Join(out, "variant_types")})
	if err != nil {
		return err
	}
	runner := &run.Runner{Version: "example", Endpoint: endpoint, Limit: 5, Env: noVariables}
	if _, err := runner.Run(context.Background(), plans); err != nil {
		return err
	}
	_, err = catalog.Write(out, plans)
	return err
}

func noVariables(string) (string, bool) { return "", false } // no API key
