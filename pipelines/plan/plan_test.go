package plan

import (
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/load"
	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
	"github.com/civic-etl/civic-etl/pipelines/spec"
	"github.com/civic-etl/civic-etl/schemas"
	"github.com/civic-etl/civic-etl/transform"
)

// What compiles must run: converts says the same as transform does.
func TestConvertsAsTransformDoes(t *testing.T) {
	wires := []schemas.Kind{schemas.Int64, schemas.Float64, schemas.Bool, schemas.String, schemas.Enum, schemas.Timestamp, schemas.Date, schemas.JSON}
	for _, wire := range wires {
		for _, name := range schemas.KindNames() {
			to, _ := schemas.ParseKind(name)
			_, err := transform.Compile(transform.Options{Connection: "x", Tables: []transform.Table{{Name: "t", Columns: []transform.Column{{
				Name: "c", Keys: []schemas.Key{{Name: "k"}}, Wire: wire, Type: schemas.Type{Kind: to, Nullable: true},
			}}}}})
			if (err == nil) != converts(wire, to) {
				t.Errorf("%s to %s: transform says %v, the spec %v", wire, to, err, converts(wire, to))
			}
		}
	}
}

// The files that a plan announces are those that load makes.
func TestPlanNamesFiles(t *testing.T) {
	for _, more := range []string{
		"  formats: [parquet, ndjson, tsv]\n",
		"  formats: {ndjson: {compression: gzip}, tsv: {compression: zstd}, parquet: {compression: gzip}}\n",
	} {
		s := spec.Settings{Env: testkit.Env, Now: testkit.Now}
		s.Out = t.TempDir() + "/out"
		spec, err := spec.Read("x.yaml", []byte(strings.Replace(testkit.SmallSpec, "load: {to: out/small}\n", "load:\n  to: x\n"+more, 1)), s)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := Compile(spec, s)
		if err != nil {
			t.Fatal(err)
		}
		out, err := load.Create(load.Options{Target: plan.Target, Tables: plan.Tables, Formats: plan.Formats})
		if err != nil {
			t.Fatal(err)
		}
		results, err := out.Close(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var made []string
		for _, f := range results[0].Files {
			made = append(made, f.Path)
		}
		for _, name := range FilePatterns(plan, 0) {
			if !strings.Contains(strings.Join(made, " "), name) {
				t.Errorf("the plan says %s, load made %v", name, made)
			}
		}
		if err := out.Abort(); err != nil {
			t.Error(err)
		}
	}
}
