package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/load/manifest"
	"github.com/civic-etl/civic-etl/pipelines"
	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/internal/recording"
	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// item is an evidence item as the checks below look at it.
type item struct {
	ID          int            `json:"id"`
	Name        string         `json:"name"`
	Level       string         `json:"evidenceLevel"`
	Disease     map[string]any `json:"disease"`
	Therapies   []any          `json:"therapies"`
	Description string         `json:"description"`
}

func items(n int, change func(i int, it *item)) []item {
	list := make([]item, n)
	for i := range list {
		list[i] = item{ID: i + 1, Name: fmt.Sprintf("EID%d", i+1), Level: "ABCD"[i%4 : i%4+1], Disease: map[string]any{"id": i%7 + 1, "name": fmt.Sprintf("disease %d", i%7+1)},
			Therapies: []any{map[string]any{"id": i%5 + 1}, map[string]any{"id": i%5 + 2}}, Description: "text"}
		if change != nil {
			change(i, &list[i])
		}
	}
	return list
}

// recorded makes a recording of what the API would answer to the plans.
func recorded(t *testing.T, answers map[*plan.Plan]any) string {
	t.Helper()
	dir := t.TempDir()
	for plan, nodes := range answers {
		folder := filepath.Join(dir, plan.Spec.Name)
		if err := os.MkdirAll(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(nodes)
		if err != nil {
			t.Fatal(err)
		}
		var list []any
		if err := json.Unmarshal(text, &list); err != nil {
			t.Fatal(err)
		}
		testkit.Write(t, filepath.Join(folder, recording.QueryFile), plan.Query.Text())
		testkit.Write(t, filepath.Join(folder, recording.IndexFile), fmt.Sprintf(`{"total_count": %d}`, len(list)))
		testkit.Write(t, filepath.Join(folder, "rows-0000001.json"),
			fmt.Sprintf(`{"data":{%q:{"totalCount":%d,"pageInfo":{"hasNextPage":false,"endCursor":null},"nodes":%s}}}`, plan.Connection.Name, len(list), text))
	}
	return dir
}

// over runs plans over nodes.
func over(t *testing.T, plans []*plan.Plan, answers map[*plan.Plan]any) ([]Summary, error) {
	t.Helper()
	r := testRunner("http://127.0.0.1:1/")
	r.Replay = recorded(t, answers)
	return r.Run(t.Context(), plans)
}

func runOver(t *testing.T, p *plan.Plan, nodes any) error {
	t.Helper()
	_, err := over(t, []*plan.Plan{p}, map[*plan.Plan]any{p: nodes})
	return err
}

// specAt compiles a spec whose %s is a folder.
func specAt(t *testing.T, text, to string) *plan.Plan {
	t.Helper()
	return specsAt(t, strings.Replace(text, "TO", to, 1))[0]
}

func specsAt(t *testing.T, texts ...string) []*plan.Plan {
	t.Helper()
	var files []pipelines.File
	for i, text := range texts {
		files = append(files, pipelines.File{Name: fmt.Sprintf("s%d.yaml", i), Data: []byte(text)})
	}
	plans, err := pipelines.CompileAll(files, spec.Settings{Env: testkit.Env, Now: testkit.Now})
	if err != nil {
		t.Fatal(err)
	}
	return plans
}

// contents is every file of a folder with its bytes.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all[path] = string(testkit.Read(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

const checkedSpec = `version: 1
name: x
extract: {from: evidenceItems}
columns: {id: id, name: name, level: evidenceLevel, disease_id: disease.id, disease: disease.name, therapy_ids: therapies.id}
key: [id]
checks: CHECKS
load: {to: TO, formats: FORMATS}
`

func checked(t *testing.T, checks, formats, to string) *plan.Plan {
	t.Helper()
	return specAt(t, strings.NewReplacer("CHECKS", checks, "FORMATS", formats).Replace(checkedSpec), to)
}

// Each check alone, then all at once, says what is wrong where, with rows and
// counts; the former output stays byte for byte.
func TestChecksRefuse(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	therapies := filepath.Join(filepath.Dir(dir), "therapies")
	if err := runOver(t, specAt(t, "version: 1\nname: therapies\nextract: {from: therapies}\ncolumns: {id: id}\nkey: [id]\nload: {to: TO}\n", therapies),
		[]any{map[string]any{"id": 1}, map[string]any{"id": 2}, map[string]any{"id": 3}}); err != nil {
		t.Fatal(err)
	}
	if err := runOver(t, checked(t, "[]", "[parquet, tsv]", dir), items(40, nil)); err != nil {
		t.Fatal(err)
	}
	before := contents(t, dir)
	fewer := items(30, func(i int, it *item) {
		switch i {
		case 3, 4:
			it.Level = "Z"
		case 5:
			it.Disease = nil
		case 6:
			it.Level = "Y"
		}
	})
	all := []struct{ check, want string }{
		{"unique: [disease]", `s0.yaml:6:10: unique [disease]: 22 rows repeat an earlier one: disease="disease 1" (id=8), disease="disease 2" (id=9), `},
		{"not_null: [id, disease, disease_id]", "not_null: disease is null in 1 row: id=6; disease_id is null in 1 row: id=6"},
		{"values: {level: [A, B, C, D]}", "values of level: 3 rows have another value than A, B, C, D: Z (id=4), Y (id=7)"},
		{"values: {therapy_ids: [1, 2, 3, 4, 5]}", "values of therapy_ids: 6 rows have another value than 1, 2, 3, 4, 5: 6 (id=5)"},
		{"min_rows: 31", "min_rows: 30 rows; the minimum is 31; for a smaller scope add --set 'checks[0].min_rows=30'"},
		{"max_shrink: 20%", "max_shrink: 30 rows instead of the former 40, 10 fewer; the limit is 20%; 10 keys are lost: id=31, id=32, id=33, id=34, id=35, …"},
		{"max_shrink: 9", "the limit is 9 rows; 10 keys are lost"},
		{fmt.Sprintf("references: {column: therapy_ids, to: %s, key: id}", therapies),
			"references therapy_ids to id of " + therapies + ": 3 distinct values (30 occurrences) have no match: 4 (id=3), 5 (id=4), 6 (id=5)"},
		{"references: {column: [id, disease_id], to: x, key: [disease_id, id]}", "references id, disease_id to disease_id, id of x: 23 distinct values (23 occurrences) have no match: id=8 disease_id=1 (id=8), "},
	}
	var together []string
	for _, tt := range all {
		err := runOver(t, checked(t, "["+tt.check+"]", "[parquet, tsv]", dir), fewer)
		var refused *checks.Error
		if !errors.As(err, &refused) || len(refused.Failures) != 1 || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s:\n%v\nwant\n%s", tt.check, err, tt.want)
		}
		together = append(together, tt.check)
	}
	err := runOver(t, checked(t, "["+strings.Join(together, ", ")+"]", "[ndjson]", dir), fewer)
	var refused *checks.Error
	if !errors.As(err, &refused) || len(refused.Failures) != len(all) {
		t.Errorf("all at once: %v", err)
	}
	sameContents(t, before, contents(t, dir))
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func sameContents(t *testing.T, before, after map[string]string) {
	t.Helper()
	if len(before) != len(after) {
		t.Errorf("%d files became %d", len(before), len(after))
	}
	for path, text := range before {
		if after[path] != text {
			t.Errorf("%s is another", path)
		}
	}
}

// What passes is published, and the manifest says what was checked.
func TestChecksPass(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	p := checked(t, "[unique: [id], unique: [name], not_null: [id], values: {level: [A, B, C, D]}, min_rows: 40, max_shrink: 0%, references: {column: id, to: x, key: id}]", "[ndjson]", dir)
	for range 2 { // the second has a former output
		if err := runOver(t, p, items(40, nil)); err != nil {
			t.Fatal(err)
		}
	}
	m, err := manifest.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Checks) != 7 || m.Checks[5] != (manifest.Check{Table: "x", Check: "max_shrink: 0%", Outcome: "passed"}) {
		t.Errorf("%+v", m.Checks)
	}
	r := testRunner("http://127.0.0.1:1/")
	r.Replay, r.Limit = recorded(t, map[*plan.Plan]any{p: items(1, nil)}), 1
	if _, err := r.Run(t.Context(), []*plan.Plan{p}); err != nil {
		t.Fatal(err)
	}
	if m, err = manifest.Read(dir); err != nil || m.Checks[4].Outcome != "skipped" || m.Checks[0].Outcome != "passed" {
		t.Errorf("%+v, %v", m.Checks, err)
	}
}

func TestRejectsAreShown(t *testing.T) {
	spec := "version: 1\nname: x\nextract: {from: evidenceItems}\ncolumns: {id: id, n: {path: name, type: int64}}\nmax_rejects: 2\nload: {to: TO}\n"
	err := runOver(t, specAt(t, spec, filepath.Join(t.TempDir(), "out")), items(7, nil))
	want := `x: s0.yaml:5:14: max_rejects allows 2, and 7 records were rejected: id 1: name: column n: "EID1" does not fit an int64, id 2: `
	if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), ", …; nothing was published") {
		t.Errorf("%v\nwant\n%s", err, want)
	}
}

// The keys of another folder are found whatever its format and shape.
func TestReferencesToEveryFormat(t *testing.T) {
	const target = `version: 1
name: targets
extract: {from: evidenceItems}
tables:
  other: {columns: {id: id}}
  targets:
    columns: {id: id, name: name, level: evidenceLevel, text: description}
    key: [id]
LOAD
`
	for i, shape := range []string{
		"load: {to: TO, formats: [parquet]}",
		"load: {to: TO, formats: [ndjson]}",
		"load: {to: TO, formats: {ndjson: {compression: gzip}, tsv: {}}}",
		"load: {to: TO, formats: {tsv: {compression: zstd}}}",
		"    partition_by: [level]\nload: {to: TO, formats: [tsv]}",
		"    partition_by: [level]\nload: {to: TO, formats: [parquet]}",
		"load: {to: TO, formats: [ndjson], rows_per_file: 7}",
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			dir := t.TempDir()
			to := filepath.Join(dir, "targets")
			nodes := items(25, func(i int, it *item) { it.Description = "a \"quoted\",\ttext\nof lines " + it.Level })
			if err := runOver(t, specAt(t, strings.Replace(target, "LOAD", shape, 1), to), nodes); err != nil {
				t.Fatal(err)
			}
			check := func(column, key string) error {
				spec := fmt.Sprintf("version: 1\nname: x\nextract: {from: evidenceItems}\ncolumns: {id: id, name: name, level: evidenceLevel, text: description}\n"+
					"key: [id]\nchecks: [references: {column: %s, to: %s, key: %s}]\nload: {to: TO}\n", column, to, key)
				return runOver(t, specAt(t, spec, filepath.Join(dir, "x")), append(nodes, items(26, nil)[25]))
			}
			for _, tt := range []struct{ column, key, want string }{
				{"id", "id", "1 distinct value (1 occurrence) has no match: 26 (id=26)"},
				{"name", "name", "1 distinct value (1 occurrence) has no match: EID26 (id=26)"},
				{"[id, level]", "[id, level]", "1 distinct value (1 occurrence) has no match: id=26 level=B (id=26)"},
				{"text", "text", "1 distinct value (1 occurrence) has no match: text (id=26)"},
				{"level", "level", ""},
				{"name", "nam", "table targets of " + to + " has no column nam: did you mean name?"},
			} {
				err := check(tt.column, tt.key)
				if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
					t.Errorf("%s to %s: %v, want %s", tt.column, tt.key, err, tt.want)
				}
			}
			to += "#other"
			if err := check("id", "id"); err == nil || !strings.Contains(err.Error(), "of "+to+": 1 distinct value") {
				t.Errorf("a named table: %v", err)
			}
			to = strings.Replace(to, "#other", "#none", 1)
			if err := check("id", "id"); err == nil || !strings.Contains(err.Error(), "holds no table none: there are other, targets") {
				t.Errorf("a table that is not there: %v", err)
			}
		})
	}
}

// A reference that cannot be looked up is a failed check, and nothing is asked.
func TestReferenceToNothing(t *testing.T) {
	dir := t.TempDir()
	testkit.Write(t, filepath.Join(dir, "file"), "")
	if err := os.Mkdir(filepath.Join(dir, "empty"), 0o777); err != nil {
		t.Fatal(err)
	}
	spec := "version: 1\nname: x\nextract: {from: evidenceItems}\ncolumns: {id: id}\nchecks:\n" +
		"  - references: {column: id, to: DIR/none, key: id}\n  - references: {column: id, to: DIR/empty, key: id}\nload: {to: DIR/x}\n"
	p := specsAt(t, strings.ReplaceAll(spec, "DIR", dir))[0]
	r := testRunner("http://127.0.0.1:1/")
	_, err := r.Run(t.Context(), []*plan.Plan{p})
	for _, want := range []string{"s0.yaml:6:5: references id to id of " + dir + "/none: " + dir + "/none is not published yet: run the pipeline that writes it first",
		dir + "/empty holds no _manifest.json"} {
		if !errors.As(err, new(*checks.Error)) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant\n%s", err, want)
		}
	}
}

const siblingSpec = `version: 1
name: x
extract: {from: evidenceItems}
tables:
  links:
    rows: therapies
    columns: {evidence_id: id, therapy_id: therapies.id}
    key: [evidence_id, therapy_id]
    checks: [references: {column: evidence_id, to: x, key: id}, references: {column: therapy_id, to: TO#x, key: id}]
  x:
    columns: {id: id, level: evidenceLevel}
    key: [id]
    filter: level != "D"
    checks: [unique: [id], min_rows: 3]
load: {to: TO}
`

// Tables of one extraction refer to each other, in whatever order they are.
func TestSiblingReferences(t *testing.T) {
	to := filepath.Join(t.TempDir(), "out")
	plan := specsAt(t, strings.ReplaceAll(siblingSpec, "TO", to))[0]
	err := runOver(t, plan, items(9, nil))
	for _, want := range []string{
		"x: nothing was published, for 2 reasons:",
		"s0.yaml:9:14: links: references evidence_id to id of x: 2 distinct values (4 occurrences) have no match: 4 (evidence_id=4 therapy_id=4), 8 (evidence_id=8 therapy_id=3)",
		"links: references therapy_id to id of " + to + "#x: 1 distinct value (4 occurrences) has no match: 4 (evidence_id=3 therapy_id=4)",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant\n%s", err, want)
		}
	}
	if err := runOver(t, plan, items(7, func(_ int, it *item) { it.Level = "A" })); err != nil {
		t.Error(err)
	}
}

// A former output that cannot be compared with says so in clear words.
func TestShrinkAgainstOddFormers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		former func(t *testing.T, dir string)
		want   string // "": published
	}{
		{"none", func(*testing.T, string) {}, ""},
		{"partitioned", publishFormer("key: [id, level]\npartition_by: [level]\n", "[ndjson]"), "5 keys are lost: id=9, id=6, id=10, id=7, id=8"},
		{"as text", publishFormer("key: [id]\n", "[tsv]"), "5 keys are lost: id=6, "},
		{"of another key", publishFormer("", "[parquet]"), "5 keys are lost"},
		{"without the key", func(t *testing.T, dir string) {
			publish(t, dir, "columns: {level: evidenceLevel}\n", "[parquet]")
		}, "the former output has no key column id to name the lost rows"},
		{"of another table", func(t *testing.T, dir string) {
			spec := "version: 1\nname: y\nextract: {from: evidenceItems}\ncolumns: {id: id}\nload: {to: TO}\n"
			if err := runOver(t, specAt(t, spec, dir), items(10, nil)); err != nil {
				t.Fatal(err)
			}
		}, ""},
		{"with a damaged file", func(t *testing.T, dir string) {
			publish(t, dir, "columns: {id: id, level: evidenceLevel}\n", "[parquet]")
			testkit.Write(t, filepath.Join(dir, "x.parquet"), "PAR1 this is none PAR1")
		}, "5 rows instead of the former 10, 5 fewer; the limit is 0%; cannot name the lost rows: "},
		{"with a damaged manifest", func(t *testing.T, dir string) {
			publish(t, dir, "columns: {id: id, level: evidenceLevel}\n", "[parquet]")
			testkit.Write(t, filepath.Join(dir, manifest.Name), "{")
		}, "cannot read the former output: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			tt.former(t, dir)
			before := map[string]string{}
			if tt.want != "" {
				before = contents(t, dir)
			}
			spec := "version: 1\nname: x\nextract: {from: evidenceItems}\ncolumns: {id: id, level: evidenceLevel}\nkey: [id]\nchecks: [max_shrink: 0%]\nload: {to: TO}\n"
			err := runOver(t, specAt(t, spec, dir), items(5, nil))
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if !errors.As(err, new(*checks.Error)) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v\nwant\n%s", err, tt.want)
			}
			sameContents(t, before, contents(t, dir))
		})
	}
}

func publishFormer(keys, formats string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		publish(t, dir, "columns: {id: id, name: name, level: evidenceLevel}\n"+keys, formats)
	}
}

func publish(t *testing.T, dir, columns, formats string) {
	t.Helper()
	spec := "version: 1\nname: x\nextract: {from: evidenceItems}\n" + columns + "load: {to: TO, formats: " + formats + "}\n"
	if err := runOver(t, specAt(t, spec, dir), items(10, nil)); err != nil {
		t.Fatal(err)
	}
}

const (
	firstSpec  = "version: 1\nname: a\nextract: {from: evidenceItems}\ncolumns: {id: id, disease_id: disease.id}\nkey: [id]\nchecks: [references: {column: disease_id, to: DIR/b, key: id}]\nload: {to: DIR/a}\n"
	secondSpec = "version: 1\nname: b\nextract: {from: diseases}\ncolumns: {id: id}\nkey: [id]\nchecks: [MORE]\nload: {to: DIR/b}\n"
)

func someDiseases(n int) []any {
	var list []any
	for i := range n {
		list = append(list, map[string]any{"id": i + 1})
	}
	return list
}

// What is referred to runs first, whatever the order of the command line.
func TestReferencedRunsFirst(t *testing.T) {
	dir := t.TempDir()
	plans := specsAt(t, strings.ReplaceAll(firstSpec, "DIR", dir), strings.NewReplacer("DIR", dir, "MORE", "").Replace(secondSpec))
	answers := map[*plan.Plan]any{plans[0]: items(20, nil), plans[1]: someDiseases(7)}
	summaries, err := over(t, plans, answers)
	if err != nil || len(summaries) != 2 || summaries[0].Pipeline != "b" {
		t.Fatalf("%+v, %v", summaries, err)
	}
	// Fewer diseases: these are published, and the evidence is held against them.
	answers[plans[1]] = someDiseases(5)
	summaries, err = over(t, plans, answers)
	if err == nil || !strings.Contains(err.Error(), "2 distinct values (5 occurrences) have no match: 6 (id=6), 7 (id=7)") || summaries[0].Err != nil {
		t.Errorf("%+v, %v", summaries, err)
	}
}

// A reference that need not hold is told, with why, and counted; the data are published.
func TestReferencesThatNeedNotHold(t *testing.T) {
	dir := t.TempDir()
	first := strings.ReplaceAll(strings.ReplaceAll(firstSpec, "key: id}]", "key: id, required: false, why: some are\n    left out}]"), "DIR", dir)
	plans := specsAt(t, first, strings.NewReplacer("DIR", dir, "MORE", "").Replace(secondSpec))
	for diseases, open := range map[int]int{7: 0, 5: 1} {
		summaries, err := over(t, plans, map[*plan.Plan]any{plans[0]: items(20, nil), plans[1]: someDiseases(diseases)})
		if err != nil || len(summaries) != 2 || summaries[1].References != 1 || summaries[1].Open != open || summaries[0].References != 0 {
			t.Fatalf("%d diseases: %+v, %v", diseases, summaries, err)
		}
		m, err := manifest.Read(plans[0].Target)
		if err != nil {
			t.Fatal(err)
		}
		want := manifest.Check{Table: "a", Check: "references: disease_id to id of " + dir + "/b, not required", Outcome: "passed"}
		if open > 0 {
			want.Outcome, want.Found = "failed", "2 distinct values (5 occurrences) have no match: 6 (id=6), 7 (id=7) (some are left out)"
		}
		if m.Checks[0] != want {
			t.Errorf("%d diseases: %+v, want %+v", diseases, m.Checks[0], want)
		}
	}
}

// Pipelines that refer to each other are published all or none, the first time too.
func TestReferencesInACycle(t *testing.T) {
	dir := t.TempDir()
	back := fmt.Sprintf("references: {column: id, to: %s/a, key: disease_id}", dir)
	plans := specsAt(t, strings.ReplaceAll(firstSpec, "DIR", dir), strings.NewReplacer("DIR", dir, "MORE", back).Replace(secondSpec))
	answers := map[*plan.Plan]any{plans[0]: items(20, nil), plans[1]: someDiseases(7)}
	if _, err := over(t, plans, answers); err != nil {
		t.Fatal(err)
	}
	before := contents(t, dir)
	answers[plans[1]] = someDiseases(9)
	summaries, err := over(t, plans, answers)
	for _, want := range []string{
		"b: s1.yaml:6:10: references id to disease_id of " + dir + "/a: 2 distinct values (2 occurrences) have no match: 8 (id=8), 9 (id=9)",
		"a: its references and those of b form a cycle, and b could not be published",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant\n%s", err, want)
		}
	}
	if len(summaries) != 2 {
		t.Errorf("%d summaries", len(summaries))
	}
	sameContents(t, before, contents(t, dir))
	delete(answers, plans[0]) // it cannot even be extracted
	if _, err = over(t, plans, answers); err == nil || !strings.Contains(err.Error(), "b: its references and those of a") {
		t.Error(err)
	}
	sameContents(t, before, contents(t, dir))
}

func TestCycles(t *testing.T) {
	t.Chdir(t.TempDir())
	pl := func(name string, to ...string) *plan.Plan {
		p := &plan.Plan{Spec: &spec.Spec{Name: name}, Target: "out/" + name}
		p.Spec.Load.To = p.Target
		var refer []plan.Check
		for _, other := range to {
			refer = append(refer, plan.Check{Kind: "references", To: "out/" + other, Sibling: -1})
		}
		p.Checks = [][]plan.Check{refer}
		return p
	}
	for _, tt := range []struct {
		plans []*plan.Plan
		want  string
	}{
		{[]*plan.Plan{pl("a"), pl("b"), pl("c")}, "[a] [b] [c]"},
		{[]*plan.Plan{pl("a", "b"), pl("b", "c"), pl("c")}, "[c] [b] [a]"},
		{[]*plan.Plan{pl("a", "b"), pl("b", "a"), pl("c", "a"), pl("d")}, "[a b] [c] [d]"},
		{[]*plan.Plan{pl("x", "a"), pl("a", "b"), pl("b", "c", "gone"), pl("c", "a"), pl("d", "d")}, "[a b c] [x] [d]"},
	} {
		var got []string
		for _, group := range checks.Cycles(tt.plans) {
			var names []string
			for _, p := range group {
				names = append(names, p.Spec.Name)
			}
			got = append(got, "["+strings.Join(names, " ")+"]")
		}
		if text := strings.Join(got, " "); text != tt.want {
			t.Errorf("%s, want %s", text, tt.want)
		}
	}
}

// With --out the folders beside an output go with it.
func TestReferencesGoWithOut(t *testing.T) {
	t.Chdir(t.TempDir())
	texts := []pipelines.File{
		{Name: "a.yaml", Data: []byte(strings.ReplaceAll(firstSpec, "DIR", "out"))},
		{Name: "b.yaml", Data: []byte(strings.NewReplacer("DIR", "out", "MORE", "").Replace(secondSpec))},
	}
	compile := func(out string, files ...pipelines.File) []*plan.Plan {
		s := spec.Settings{Env: testkit.Env, Now: testkit.Now}
		s.Out = out
		plans, err := pipelines.CompileAll(files, s)
		if err != nil {
			t.Fatal(err)
		}
		return plans
	}
	plans := compile("moved", texts...)
	if _, err := over(t, plans, map[*plan.Plan]any{plans[0]: items(20, nil), plans[1]: someDiseases(7)}); err != nil {
		t.Fatal(err)
	}
	alone := compile("moved/a", texts[0])
	if err := runOver(t, alone[0], items(5, nil)); err != nil {
		t.Error(err)
	}
	elsewhere := compile("elsewhere/a", texts[0])
	if err := runOver(t, elsewhere[0], items(5, nil)); err == nil || !strings.Contains(err.Error(), "out/b is not published yet") {
		t.Error(err)
	}
}

// References that cannot hold are faults of the specs, before anything is asked.
func TestReferencesBetweenSpecs(t *testing.T) {
	second := strings.NewReplacer("DIR", "out", "MORE", "").Replace(secondSpec)
	for _, tt := range []struct{ from, to, want string }{
		{"key: id}]", "key: idd}]", "s0.yaml:6:10: references: table b of s1.yaml has no column idd; did you mean id?"},
		{"out/b, key", "out/b#c, key", "s0.yaml:6:10: references: s1.yaml writes out/b, and has no such table; name one: out/b#b"},
		{"out/b, key", "a, key", "checks.references: a has no column"},
	} {
		first := strings.Replace(strings.ReplaceAll(firstSpec, "DIR", "out"), tt.from, tt.to, 1)
		first = strings.Replace(first, "to: a, key: id", "to: a, key: idd", 1)
		_, err := pipelines.CompileAll([]pipelines.File{{Name: "s0.yaml", Data: []byte(first)}, {Name: "s1.yaml", Data: []byte(second)}}, spec.Settings{Env: testkit.Env, Now: testkit.Now})
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v\nwant\n%s", err, tt.want)
		}
	}
}

// A run that is stopped while it compares says so, and no check.
func TestChecksStop(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	p := checked(t, "[max_shrink: 0%]", "[parquet]", dir)
	if err := runOver(t, p, items(5, nil)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := checks.New(ctx, p, checks.NewReferences([]*plan.Plan{p}, []*plan.Plan{p}), false); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
