package pipelines

import (
	"testing"

	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/pipelines/spec"
)

// TestColumnDocs: a column without words of its own has the schema's, as long as
// they are about its values.
func TestColumnDocs(t *testing.T) {
	spec, err := spec.Read("docs.yaml", []byte(`version: 1
name: docs
extract: {from: evidenceItems, args: {status: ACCEPTED}}
tables:
  docs:
    doc: One row for each item.
    columns:
      id: {path: id, doc: "My words."}
      level: evidenceLevel
      doid: disease.doid
      therapies: {path: therapies.name, list: count}
      url: {expr: string(id)}
  docs_therapies:
    rows: therapies
    columns: {id: id, place: therapies.__ordinal, therapy: therapies.name}
load: {to: out/docs}
`), testSettings())
	if err != nil {
		t.Fatal(err)
	}
	plan, err := plan.Compile(spec, testSettings())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"id": "My words.", "level": "How strong it is, A to E.", "therapies": "", "url": "", "place": "", "therapy": "The therapies of predictive evidence. The name of the therapy.",
		"doid": "The disease it is about; null for some functional and predisposing evidence. The Disease Ontology id: digits, with leading zeros, without the prefix DOID:. Null for diseases it lacks.",
	}
	if got := plan.Tables[0].Doc; got != "One row for each item." {
		t.Errorf("the table's doc is %q", got)
	}
	for _, table := range plan.Tables {
		for _, c := range table.Columns {
			if table.Name == "docs_therapies" && c.Name == "id" {
				continue
			}
			if c.Doc != want[c.Name] {
				t.Errorf("%s.%s: %q, want %q", table.Name, c.Name, c.Doc, want[c.Name])
			}
		}
	}
}
