package run

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/civic-etl/civic-etl/extract/demoapi"
	"github.com/civic-etl/civic-etl/pipelines"
	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/spec"
	"github.com/civic-etl/civic-etl/schemas"
)

// otherSchema is the embedded schema with a type more.
func otherSchema(t *testing.T) *schemas.Schema {
	t.Helper()
	found, _ := filepath.Glob("../../schemas/civic/*.graphql")
	sdl := "scalar More\n"
	for _, name := range found {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		sdl += string(text)
	}
	name := filepath.Join(t.TempDir(), "other.graphql")
	testkit.Write(t, name, sdl)
	schema, err := schemas.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestSchemaChanged: answers to the fields of another schema serve nobody.
func TestSchemaChanged(t *testing.T) {
	server := newMortal(t, demoapi.Options{})
	plan := compiled(t, groupsSpec)
	m := dead(t, server, plan)
	plans, err := pipelines.CompileAll([]pipelines.File{{Name: "test.yaml", Data: []byte(groupsSpec)}}, spec.Settings{Out: plan.Target, Schema: otherSchema(t)})
	if err != nil {
		t.Fatal(err)
	}
	s, said, err := m.run(plans, one)
	if err != nil || s[0].Resumed != 0 || !strings.Contains(said, "starting over: the schema changed") {
		t.Errorf("%v; it said %q", err, said)
	}
}

// TestDayOldAnswers are not used, and the run says so: where the clock says how
// old the run was, and where its file is so old that it is gone by then.
func TestDayOldAnswers(t *testing.T) {
	server := newMortal(t, demoapi.Options{})
	for name, want := range map[string]struct {
		hours int
		touch bool
		says  string
	}{
		"young":      {23, false, "resuming the run of"},
		"old":        {25, false, "starting over: they are older than a day; the 5 answers"},
		"from later": {-2, false, "starting over: they are older than a day"},
		"gone":       {0, true, "are older than a day, and were deleted"},
	} {
		p := compiled(t, groupsSpec)
		m := dead(t, server, p)
		if want.touch {
			then := time.Now().Add(-25 * time.Hour)
			left, _ := filepath.Glob(filepath.Join(m.folder, "runs", "*"))
			for _, file := range left {
				if err := os.Chtimes(file, then, then); err != nil {
					t.Fatal(err)
				}
			}
		}
		s, said, err := m.run([]*plan.Plan{p}, one, func(r *Runner) {
			r.Now = func() time.Time { return time.Now().Add(time.Duration(want.hours) * time.Hour) }
		})
		if err != nil || (s[0].Resumed > 0) != (name == "young") || !strings.Contains(said, want.says) {
			t.Errorf("%s: %v, %d resumed; it said %q", name, err, s[0].Resumed, said)
		}
		if m.left() != 0 {
			t.Errorf("%s: %d journals", name, m.left())
		}
	}
}
