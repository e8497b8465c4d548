package run

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/civic-etl/civic-etl/extract/demoapi"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

// TestRecordedListsAreCounted: a recording of lists that do not add up is not complete when it is replayed.
func TestRecordedListsAreCounted(t *testing.T) {
	for fault, want := range map[string]string{
		"innertotal=300000~nothing": "",
		"innertotal=2":              "lists nested in 10 of 10 records may lack nodes, such as variants of record 1: received 0 different nodes, and the API counts 2",
	} {
		f, err := demoapi.ParseFault(fault)
		if err != nil {
			t.Fatal(err)
		}
		api, err := demoapi.New(demoapi.Options{Requests: -1, Faults: demoapi.Faults{f}, Nodes: map[string]string{"variantGroups": groupNodes(t)}})
		if err != nil {
			t.Fatal(err)
		}
		p, dir := compiled(t, matrixSpec), t.TempDir()
		run := func(set func(*Runner)) (err error) {
			synctest.Test(t, func(t *testing.T) {
				r := testRunner("http://trial.localhost/api/graphql")
				set(r)
				_, err = r.Run(t.Context(), []*plan.Plan{p})
			})
			return err
		}
		err = run(func(r *Runner) {
			r.Transport, r.Record, r.AllowIncomplete = &world{api: api, connection: "variantGroups"}, dir, true
		})
		if err != nil {
			t.Fatal(err)
		}
		err = run(func(r *Runner) { r.Replay = dir })
		if want == "" && err != nil || want != "" && (exitStatus(err) != 3 || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s, replayed: %v", fault, err)
		}
	}
}
