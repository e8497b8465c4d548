package introspect

import (
	"slices"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/schemas"
)

func applied(t *testing.T, answer string) *schemas.Schema {
	t.Helper()
	s, err := Apply(schemas.Embedded(), []byte(answer))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDependencies(t *testing.T) {
	s := schemas.Embedded()
	var paths []*schemas.Path
	for _, text := range []string{"id", "disease.name", "evidenceLevel", "molecularProfile.variants.GeneVariant.coordinates.start"} {
		path, err := s.Resolve("EvidenceItem", text)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	got := Dependencies(s, "evidenceItems", map[string]any{"status": "ACCEPTED", "organization": nil}, s.Select("EvidenceItem", paths...))
	want := strings.Fields("Disease EvidenceItem EvidenceItemConnection EvidenceLevel EvidenceSort EvidenceSortColumns EvidenceStatusFilter " +
		"GeneVariant MolecularProfile OrganizationFilter PageInfo Query SortDirection VariantCoordinate VariantInterface")
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	for _, name := range got {
		if !strings.Contains(Query(got), `__type(name: "`+name+`")`) {
			t.Errorf("the query does not ask for %s", name)
		}
	}
}

// TestApply replaces types by a server's: their fields, an unknown type, and a type
// that no longer implements an interface.
func TestApply(t *testing.T) {
	s := applied(t, `{
		"t0": {"kind": "OBJECT", "name": "Disease", "fields": [
			{"name": "id", "args": [], "type": {"kind": "NON_NULL", "ofType": {"kind": "SCALAR", "name": "Int"}}},
			{"name": "code", "args": [], "type": {"kind": "OBJECT", "name": "DiseaseCode"}, "isDeprecated": true, "deprecationReason": "soon gone"}]},
		"t1": {"kind": "INTERFACE", "name": "VariantInterface", "fields": [
			{"name": "id", "args": [], "type": {"kind": "NON_NULL", "ofType": {"kind": "SCALAR", "name": "Int"}}}],
			"possibleTypes": [{"name": "FactorVariant"}, {"name": "NewVariant"}]},
		"t2": null}`)
	if _, err := s.Resolve("EvidenceItem", "disease.name"); err == nil || !strings.Contains(err.Error(), `Disease has no field "name"`) {
		t.Error("a field that is gone is found:", err)
	}
	path, err := s.ResolveRows("EvidenceItem", "therapies")
	if err != nil || len(path.Steps) != 1 {
		t.Error("types that were not asked for stay:", err)
	}
	if _, err := s.Resolve("VariantInterface", "GeneVariant.alleleRegistryId"); err == nil || !strings.Contains(err.Error(), "never a GeneVariant") {
		t.Error("a type that is no more one of an interface's:", err)
	}
	if _, err := s.Resolve("Disease", "code"); err == nil || !strings.Contains(err.Error(), "with fields of its own") {
		t.Error("a type that is not known yet has no fields:", err)
	}
	if field := s.AST().Types["Disease"].Fields.ForName("code"); schemas.Deprecated(field.Directives) != "soon gone" {
		t.Error("the reason of a deprecation:", err)
	}
	if _, err := schemas.Embedded().Resolve("EvidenceItem", "disease.name"); err != nil {
		t.Error("the embedded schema has changed:", err)
	}
}

func TestApplyDamaged(t *testing.T) {
	for _, answer := range []string{``, `[]`, `{"t0": 1}`, `{"t0": {"kind": "WHAT", "name": "Disease"}}`, `{"t0": {"kind": "OBJECT", "name": "A B"}}`,
		`{"t0": {"kind": "OBJECT", "name": "Disease", "fields": [{"name": "x"}]}}`, `{"t0": {"kind": "OBJECT", "name": "Query", "fields": []}}`} {
		if _, err := Apply(schemas.Embedded(), []byte(answer)); err == nil {
			t.Errorf("%s is taken", answer)
		}
	}
}
