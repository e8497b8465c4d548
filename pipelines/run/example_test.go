package run_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"

	"github.com/civic-etl/civic-etl/extract/demoapi"
	"github.com/civic-etl/civic-etl/pipelines"
	"github.com/civic-etl/civic-etl/pipelines/run"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

const levels = `version: 1
name: levels
extract: {from: evidenceItems, args: {status: ACCEPTED}}
columns: {id: id, level: evidenceLevel, therapies: therapies.name}
load: {to: out, formats: [ndjson]}
`

// The first rows of a spec, from the demo API to the standard output. Nothing is published.
func ExampleRunner_Run() {
	api, err := demoapi.New(demoapi.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(api)
	defer server.Close()

	plans, err := pipelines.CompileAll([]pipelines.File{{Name: "levels.yaml", Data: []byte(levels)}}, spec.Settings{})
	if err != nil {
		fmt.Println(err)
		return
	}
	runner := &run.Runner{Endpoint: server.URL + "/api/graphql", Env: noVariables, Limit: 3, Stdout: os.Stdout}
	summaries, err := runner.Run(context.Background(), plans)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(summaries[0].Rows, "rows")
	// Output:
	// {"id":1,"level":"B","therapies":["Nullilimus-546"]}
	// {"id":3,"level":"C","therapies":["Demoparib-499"]}
	// {"id":8,"level":"B","therapies":["Placiplatin-264","Ficticiclib-364"]}
	// 3 rows
}

func noVariables(string) (string, bool) { return "", false } // no API key
