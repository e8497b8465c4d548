package browse

import (
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/schemas"
)

func TestLookup(t *testing.T) {
	s := schemas.Embedded()
	for _, test := range []struct{ name, kind, is string }{
		{"evidenceItems", "connection", ""},
		{"EvidenceItem", "object", ""},
		{"EvidenceItem.therapies", "field", "list<Therapy>"},
		{"evidenceItems.disease.doid", "field", "string"},
		{"evidenceItems.diseaseName", "argument", "string"},
		{"evidenceItems.status", "field", "EvidenceStatus"},
		{"variantGroups.variants", "field", "list<VariantInterface>"},
		{"variants.GeneVariant.coordinates.start", "field", "int64"},
		{"EvidenceLevel.A", "value", ""},
		{"variants.GeneVariant", "object", ""},
		{"VariantInterface.GeneVariant", "object", ""},
		{"variantGroups.variants.FusionVariant", "object", ""},
		{"evidenceItems.molecularProfile.parsedName.Feature", "object", ""},
		{"FeatureInstance.Gene", "object", ""},
		{"OrganizationFilter.ids", "field", "list<int64>"},
		{"FeatureInstance.Gene.entrezId", "field", "int64"},
	} {
		entries, err := Lookup(s, test.name)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if e := entries[0]; e.Kind != test.kind || e.Is != test.is {
			t.Errorf("%s: %s %q, want %s %q", test.name, e.Kind, e.Is, test.kind, test.is)
		}
	}
	if entries, _ := Lookup(s, "evidenceItems.status"); len(entries) != 2 || entries[1].Kind != "argument" {
		t.Errorf("evidenceItems.status is a field and an argument, not %v", entries)
	}
}

func TestLookupUnknown(t *testing.T) {
	for name, want := range map[string]string{
		"EvidenceItems":                `no connection or type "EvidenceItems"; did you mean evidenceItems?`,
		"evidenceItem":                 "gives one record, not a list; did you mean evidenceItems?",
		"variants.geneVariant":         `VariantInterface has no field "geneVariant"; did you mean GeneVariant?`,
		"evidenceItems.desease":        `EvidenceItem has no field "desease"; did you mean disease?`,
		"evidenceItems.diseasesName":   `did you mean diseaseName?`,
		"evidenceItems.disease.name.x": "has no fields",
		"EvidenceLevel.F":              "EvidenceLevel has no value",
		"variants.Gene.x":              "never a Gene",
		"variants.Gene":                "never a Gene",
		"variants.GeneVarant":          "did you mean GeneVariant?",
		"evidnce":                      "did you mean EvidenceItem?",
		"evidenceItems.Therapy":        "always an EvidenceItem",
		"evidenceItems.disease.doid.X": "has no fields",
		"__Schema":                     "no connection or type",
		"":                             "no connection or type",
		"zzzzzzzzzz":                   "--find WORD",
		"EvidenceItem.":                "no field",
	} {
		entries, err := Lookup(schemas.Embedded(), name)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v; want %s", name, entries, err, want)
		}
	}
}

// TestLookupEverything walks every type and every member of it by name.
func TestLookupEverything(t *testing.T) {
	s := schemas.Embedded()
	b := browser{s, s.AST()}
	for _, c := range Connections(s) {
		if c.Doc == "" {
			t.Errorf("the connection %s has no description", c.Name)
		}
		if _, err := Lookup(s, c.Name); err != nil {
			t.Error(err)
		}
	}
	for _, def := range b.ownTypes() {
		e := b.typeEntry(def)
		for _, member := range append(e.Fields, e.Values...) {
			if _, err := Lookup(s, def.Name+"."+member.Name); err != nil {
				t.Errorf("%s.%s: %v", def.Name, member.Name, err)
			}
		}
	}
}

func TestSearch(t *testing.T) {
	hits := Search(schemas.Embedded(), "therapies")
	if len(hits) < 5 || hits[0].Name != "therapies" || hits[0].Kind != "connection" {
		t.Fatalf("want the connection therapies first, not %+v", hits[0])
	}
	for _, h := range hits {
		if text := strings.ToLower(h.Name + " " + h.Doc); !strings.Contains(text, "therapies") {
			t.Errorf("%s does not match therapies", h.Name)
		}
		if h.Fields != nil || h.Of != nil {
			t.Errorf("%s comes with its members", h.Name)
		}
	}
	if hits := Search(schemas.Embedded(), "nosuchthing"); len(hits) != 0 {
		t.Errorf("found %v", hits[0])
	}
}
