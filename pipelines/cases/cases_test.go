package cases

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/civic-etl/civic-etl/pipelines"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// casesOf reads cases of a spec, both given as text.
func casesOf(spec, text string) (*Cases, error) {
	return Read(pipelines.File{Name: "x.yaml", Data: []byte(spec)}, pipelines.File{Name: "x_test.yaml", Data: []byte(text)}, testSettings())
}

func runCases(t *testing.T, c *Cases) string {
	t.Helper()
	results, err := c.Run(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, r := range results {
		b.WriteString(r.Name + ":")
		if len(r.Failures) == 0 {
			b.WriteString(" ok\n")
			continue
		}
		b.WriteString("\n" + strings.Join(r.Failures, "\n") + "\n")
	}
	return b.String()
}

// Every shipped pipeline has cases, an editor takes them, and they hold.
func TestShippedCases(t *testing.T) {
	schema := compiledSchema(t, casesSchema(t))
	for _, spec := range pipelines.Shipped() {
		t.Run(spec.Name, func(t *testing.T) {
			file, err := Find(spec)
			if err != nil {
				t.Fatalf("write cases for it: %v", err)
			}
			if err := schema.Validate(editorSees(t, filepath.Join("..", file.Name))); err != nil {
				t.Errorf("not to an editor: %v", err)
			}
			c, err := Read(spec, file, testSettings())
			if err != nil {
				t.Fatal(err)
			}
			if said := runCases(t, c); strings.Count(said, " ok\n") != len(c.cases) {
				t.Error(said)
			}
		})
	}
}

func TestFindCases(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a.yaml", "a_test.yaml", "b.yml", "b_test.yml", "c.yaml"} {
		if err := os.WriteFile(name, []byte(name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for spec, want := range map[string]string{"a.yaml": "a_test.yaml", "b.yml": "b_test.yml"} {
		if file, err := Find(pipelines.File{Name: spec}); err != nil || string(file.Data) != want {
			t.Errorf("%s: %+v, %v", spec, file, err)
		}
	}
	if _, err := Find(pipelines.File{Name: "c.yaml"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("c.yaml: %v", err)
	}
	specs, err := pipelines.Find(".")
	if err != nil || len(specs) != 2 {
		t.Errorf("the folder holds %d specs: %v", len(specs), err)
	}
}

const casesSpec = `
version: 1
name: ev
extract: {from: evidenceItems}
columns:
  id: id
  level: evidenceLevel
  disease: disease.name
  score: molecularProfile.molecularProfileScore
  therapies: therapies.name
  rating: {path: evidenceRating, type: int32}
  vid: molecularProfile.variants.GeneVariant.alleleRegistryId
  gene: molecularProfile.variants.GeneVariant.name
  fusion: molecularProfile.variants.FusionVariant.name
  packed: {path: therapies.name, list: json}
  at: submissionEvent.createdAt
key: [id]
filter: level != "E"
checks: [unique: [id], values: {level: [A, B, C]}, min_rows: 100]
load: {to: out/ev}
`

const casesNode = `
version: 1
shared:
  node: &node
    id: 1
    evidenceLevel: A
    disease: {name: Melanoma}
    therapies: [{name: V}, {name: "C, d"}]
    evidenceRating: 4
    submissionEvent: {createdAt: 2015-06-21T00:00:00Z}
    molecularProfile:
      molecularProfileScore: 3
      variants:
        - {__typename: GeneVariant, name: V600E, alleleRegistryId: CA1}
        - {__typename: FusionVariant, name: Fusion}
        - {__typename: FactorVariant}
`

func TestCases(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"values of every kind", `
cases:
  - name: all
    nodes: [*node]
    rows: [{id: 1, disease: Melanoma, score: 3.0, therapies: [V, "C, d"], vid: [CA1, null, null], gene: [V600E, null, null], fusion: [null, Fusion, null],
      packed: [V, "C, d"], at: "2015-06-21T02:00:00+02:00", rating: 4}]`, "all: ok\n"},
		{"a JSON column as the text it is", `
cases:
  - {name: text, nodes: [*node], rows: [{packed: '["V","C, d"]'}]}
  - {name: other, nodes: [*node], rows: [{packed: [V]}]}`,
			"text: ok\nother:\n" + `19:51: ev, row 1: packed
    want ["V"]
    got  "[\"V\",\"C, d\"]"` + "\n"},
		{"differences of values", `
cases:
  - name: all
    nodes: [*node]
    rows: [{id: 1, disease: null, score: 3.5, therapies: [V], rating: 5, at: 2015-06-22T00:00:00Z}]`,
			"all:\n" + `20:29: ev, id 1: disease
    want null
    got  "Melanoma"
20:42: ev, id 1: score
    want 3.5
    got  3
20:58: ev, id 1: therapies
    want ["V"]
    got  ["V", "C, d"]
20:71: ev, id 1: rating
    want 5
    got  4
20:78: ev, id 1: at
    want "2015-06-22T00:00:00Z"
    got  "2015-06-21T00:00:00Z"` + "\n"},
		{"rows by key, and by place without it", `
cases:
  - {name: keyed, nodes: [*node, {<<: *node, id: 2}], rows: [{id: 2}, {id: 3}]}
  - {name: placed, nodes: [*node, {<<: *node, id: 2}], rows: [{level: A}]}
  - {name: too few, nodes: [*node], rows: [{level: A}, {level: B}]}`,
			"keyed:\n18:71: ev, id 3: this row is missing\nev, id 1: this row is not wanted\n" +
				`    got  {id: 1, level: "A", disease: "Melanoma", score: 3, therapies: ["V", "C, d"], rating: 4, vid: ["CA1", …}` + "\n" +
				"placed:\nev: 2 rows, want 1\nev, row 2: this row is not wanted\n" +
				`    got  {id: 2, level: "A", disease: "Melanoma", score: 3, therapies: ["V", "C, d"], rating: 4, vid: ["CA1", …}` + "\n" +
				"too few:\nev: 1 rows, want 2\n20:56: ev, row 2: this row is missing\n"},
		{"a filter", `
cases:
  - {name: filtered, nodes: [{<<: *node, evidenceLevel: E}], rows: []}`, "filtered: ok\n"},
		{"rejects", `
cases:
  - {name: wanted, nodes: [{<<: *node, evidenceRating: 3.5}], rows: [], rejects: [{id: 1, table: ev, path: evidenceRating, reason: column rating}]}
  - {name: other, nodes: [{<<: *node, evidenceRating: 3.5}], rows: [], rejects: [{id: 2, reason: nothing}]}
  - {name: unwanted, nodes: [{<<: *node, evidenceRating: 3.5}], rows: []}
  - {name: none, nodes: [*node], rows: [{id: 1}], rejects: [{id: 1}]}`,
			"wanted: ok\nother:\n19:82: another reject\n    want id 2, reason with \"nothing\"\n" +
				"    got  id 1, table ev, path evidenceRating, reason \"column rating: 3.5 does not fit an int32\"\n" +
				"unwanted:\na record was rejected that should not be: id 1, table ev, path evidenceRating, reason \"column rating: 3.5 does not fit an int32\"\n" +
				"none:\n21:61: no record was rejected for this\n    want id 1\n"},
		{"data checks, without those that count", `
cases:
  - {name: wanted, nodes: [{<<: *node, evidenceLevel: D}], rows: [{id: 1}], checks: [values of level]}
  - {name: unwanted, nodes: [{<<: *node, evidenceLevel: D}], rows: [{id: 1}]}
  - {name: holds, nodes: [*node], rows: [{id: 1}], checks: [unique]}`,
			"wanted: ok\nunwanted:\na data check fails: x.yaml:19:24: values of level: 1 row has another value than A, B, C: D (id=1)\n" +
				"holds:\n20:61: no data check failed with \"unique\"\n"},
		{"values over the spec", `
cases:
  - {name: set, nodes: [{<<: *node, evidenceLevel: E}], set: {filter: 'level == "E"', columns.level: evidenceLevel, checks: []}, rows: [{id: 1}]}`, "set: ok\n"},
		{"rows still to be written", `
cases:
  - {name: new, nodes: [], rows: }`, "new:\n18:34: rows is empty: write them, or run civic-etl test --update\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := casesOf(casesSpec, casesNode+strings.TrimPrefix(tt.text, "\n"))
			if err != nil {
				t.Fatal(err)
			}
			if got := runCases(t, c); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

// A long text is shown where it differs.
func TestLongDifference(t *testing.T) {
	long := strings.Repeat("a long text ", 40)
	w, g := shown(long+"one", long+"two\x1b[31m")
	if !strings.Contains(w, `one"`) || !strings.Contains(g, "two") || len([]rune(w)) > maxShown+2 || strings.Contains(g, "\x1b") {
		t.Errorf("%s\n%s", w, g)
	}
}

func TestOnlyMatchingCases(t *testing.T) {
	c, err := casesOf(casesSpec, casesNode+"cases:\n  - {name: one, nodes: [], rows: []}\n  - {name: two, nodes: [], rows: []}\n")
	if err != nil {
		t.Fatal(err)
	}
	results, err := c.Run(t.Context(), regexp.MustCompile("^t"))
	if err != nil || len(results) != 1 || results[0].Name != "two" {
		t.Errorf("%v, %v", results, err)
	}
}

// Faults of cases say file, line and column, and the right name.
func TestBadCases(t *testing.T) {
	for _, file := range testkit.Files(t, "testdata/bad-*.yaml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			_, err := Read(pipelines.File{Name: "x.yaml", Data: []byte(casesSpec)}, pipelines.File{Name: filepath.Base(file), Data: testkit.Read(t, file)}, testSettings())
			var faults document.Faults
			if !errors.As(err, &faults) {
				t.Fatalf("no faults, but %v", err)
			}
			testkit.Golden(t, strings.TrimSuffix(file, ".yaml")+".txt", err.Error()+"\n")
		})
	}
}

// The spec's own faults come first: its cases cannot be told without it.
func TestCasesOfABadSpec(t *testing.T) {
	_, err := casesOf(strings.Replace(casesSpec, "disease.name", "diseas.name", 1), "cases: {}")
	if err == nil || !strings.HasPrefix(err.Error(), "x.yaml:8:12:") {
		t.Error(err)
	}
}

func TestNodesFrom(t *testing.T) {
	dir := t.TempDir()
	node := `{"id": %, "evidenceLevel": "A", "disease": null, "therapies": [], "evidenceRating": null, "submissionEvent": {"createdAt": "2015-06-21T00:00:00Z"},
		"molecularProfile": {"molecularProfileScore": 1.5, "variants": [{"alleleRegistryId": "CA9", "GeneVariant_name": "é😀"}]}}`
	record := func(id string) string { return strings.Replace(strings.Join(strings.Fields(node), " "), "%", id, 1) }
	testkit.Write(t, filepath.Join(dir, "a.ndjson"), record("1")+"\n"+record("2")+"\n")
	testkit.Write(t, filepath.Join(dir, "list.json"), "["+record("1")+","+record("2")+"]")
	testkit.Write(t, filepath.Join(dir, "page.json"), `{"data": {"evidenceItems": {"totalCount": 2, "nodes": [`+record("1")+","+record("2")+`]}}}`)
	packed, err := os.Create(filepath.Join(dir, "a.ndjson.gz"))
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(packed)
	if _, err := z.Write([]byte(record("1") + "\n" + record("2"))); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(z.Close(), packed.Close()); err != nil {
		t.Fatal(err)
	}
	testkit.Write(t, filepath.Join(dir, "short.ndjson"), record("1")+"\n"+strings.Replace(record("2"), `"therapies": [], `, "", 1))
	testkit.Write(t, filepath.Join(dir, "broken.ndjson"), record("1")+"\n{\"id\": ")
	testkit.Write(t, filepath.Join(dir, "number.ndjson"), record("1")+"\n7\n")
	testkit.Write(t, filepath.Join(dir, "other.json"), `{"data": {"genes": {"nodes": []}}}`)
	for _, tt := range []struct{ file, want string }{
		{"a.ndjson", ""}, {"list.json", ""}, {"page.json", ""}, {"a.ndjson.gz", ""},
		{filepath.Join(dir, "a.ndjson"), ""},
		{"short.ndjson", "short.ndjson:2:1: nodes[1] has no therapies"},
		{"broken.ndjson", "broken.ndjson:2: "},
		{"number.ndjson", "number.ndjson:2: the number 7 where a record belongs"},
		{"other.json", "other.json:1: an answer without nodes of evidenceItems"},
		{"none.ndjson", "no such file"},
	} {
		text := "version: 1\ncases:\n  - name: a\n    nodes_from: " + tt.file + "\n    rows: [{id: 1, gene: [é😀], vid: [CA9]}, {id: 2, rating: null}]\n"
		c, err := Read(pipelines.File{Name: "x.yaml", Data: []byte(casesSpec)}, pipelines.File{Name: filepath.Join(dir, "x_test.yaml"), Data: []byte(text)}, testSettings())
		if tt.want != "" {
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v", tt.file, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.file, err)
		} else if got := runCases(t, c); got != "a: ok\n" {
			t.Errorf("%s: %s", tt.file, got)
		}
	}
}

// What --update writes keeps the author's text, and what it wrote holds.
func TestUpdateCases(t *testing.T) {
	text := string(testkit.Read(t, "testdata/update.yaml"))
	file := filepath.Join(t.TempDir(), "x_test.yaml")
	testkit.Write(t, file, text)
	c, err := Read(pipelines.File{Name: "x.yaml", Data: []byte(casesSpec)}, pipelines.File{Name: file, Data: []byte(text)}, testSettings())
	if err != nil {
		t.Fatal(err)
	}
	results, err := c.Run(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	updated, changed, err := c.Update(results)
	if err != nil || changed == 0 {
		t.Fatalf("%d changed: %v", changed, err)
	}
	if err := updated.Save(); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "testdata/updated.txt", string(testkit.Read(t, file)))
	if said := runCases(t, updated); strings.Count(said, " ok\n") != len(c.cases) {
		t.Error(said)
	}
	if _, changed, err := updated.Update(mustRun(t, updated)); err != nil || changed != 0 {
		t.Errorf("a second time %d changed: %v", changed, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func mustRun(t *testing.T, c *Cases) []Result {
	t.Helper()
	results, err := c.Run(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// What cannot be written is said, and nothing is.
func TestUpdateRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a case in braces", "cases: [{name: a, nodes: [*node], rows: []}]\n", "x_test.yaml:17:16: case a: it is written in { }"},
		{"rows of an anchor", "cases:\n  - &first\n    name: a\n    nodes: [*node]\n    rows: []\n  - <<: *first\n    name: b\n", "case b: its rows come from an anchor"},
	} {
		c, err := casesOf(casesSpec, casesNode+tt.text)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.Update(mustRun(t, c)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	c, err := Read(pipelines.Shipped()[0], pipelines.File{Name: "x_test.yaml", Data: []byte("version: 1\ncases:\n  - name: a\n    nodes: []\n    rows:\n"), Embedded: true}, testSettings())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := c.Update(mustRun(t, c)); err == nil || !strings.Contains(err.Error(), "in the binary") {
		t.Error(err)
	}
}

// Whatever stands in a file of cases, it is read or has faults with places, and
// cases that can be read can be run.
func FuzzCases(f *testing.F) {
	f.Add(casesNode + "cases:\n  - {name: a, nodes: [*node], rows: [{id: 1}], rejects: [{id: 1}], checks: [a]}\n")
	f.Add(casesNode + "cases:\n  - {name: '${X} ${', nodes: [{<<: *node, id: \"${HOME}\"}], rows: [{disease: '${'}]}\n")
	f.Add(casesNode + "cases:\n  - name: a\n    nodes: [{<<: *node, evidenceRating: x}]\n    set: {columns.at: id}\n    rows:\n    doc: x\n")
	for _, file := range append(testkit.Files(f, "testdata/*.yaml"), testkit.Files(f, "../evidence_test.yaml")...) {
		f.Add(string(testkit.Read(f, file)))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "nodes_from") {
			return // names any file
		}
		c, err := casesOf(casesSpec, text)
		if err != nil {
			if !errors.As(err, new(document.Faults)) {
				t.Fatalf("no faults, but %v", err)
			}
			return
		}
		results := mustRun(t, c)
		if updated, _, err := c.Update(results); err == nil {
			for _, r := range mustRun(t, updated) {
				if r.outcome != nil && r.of.rowsDiffer(r.outcome) {
					t.Errorf("%q: rows differ after an update: %q", text, updated.text)
				}
			}
		}
	})
}

func testSettings() spec.Settings { return spec.Settings{Env: testkit.Env, Now: testkit.Now} }

// TestCasesNeedNoCounts: the query counts the nodes of a nested connection, and a case has them all anyway.
func TestCasesNeedNoCounts(t *testing.T) {
	c, err := casesOf(`
version: 1
name: x
extract: {from: variantGroups}
columns: {id: id, names: variants.name}
key: [id]
load: {to: out}
`, `
version: 1
cases:
  - name: members
    nodes:
      - {id: 1, variants: {nodes: [{name: A}, {name: A}]}}
      - {id: 2, variants: {totalCount: 300, nodes: [{name: B, id: 7}]}}
    rows: [{id: 1, names: [A, A]}, {id: 2, names: [B]}]
`)
	if err != nil {
		t.Fatal(err)
	}
	if said := runCases(t, c); said != "members: ok\n" {
		t.Error(said)
	}
}
