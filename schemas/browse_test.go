package schemas

import (
	"strings"
	"testing"
)

func TestBrowse(t *testing.T) {
	s := Embedded()
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
		{"OrganizationFilter.ids", "field", "list<int64>"},
		{"FeatureInstance.Gene.entrezId", "field", "int64"},
	} {
		entries, err := s.Browse(test.name)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if e := entries[0]; e.Kind != test.kind || e.Is != test.is {
			t.Errorf("%s: %s %q, want %s %q", test.name, e.Kind, e.Is, test.kind, test.is)
		}
	}
	if entries, _ := s.Browse("evidenceItems.status"); len(entries) != 2 || entries[1].Kind != "argument" {
		t.Errorf("evidenceItems.status is a field and an argument, not %v", entries)
	}
}

func TestBrowseUnknown(t *testing.T) {
	for name, want := range map[string]string{
		"EvidenceItems":                `no connection or type "EvidenceItems"; did you mean evidenceItems?`,
		"evidenceItem":                 "gives one record, not a list; did you mean evidenceItems?",
		"evidenceItems.desease":        `EvidenceItem has no field "desease"; did you mean disease?`,
		"evidenceItems.diseasesName":   `did you mean diseaseName?`,
		"evidenceItems.disease.name.x": "so nothing is below it",
		"EvidenceLevel.F":              "EvidenceLevel has no value",
		"variants.Gene.x":              "never a Gene",
		"__Schema":                     "no connection or type",
		"":                             "no connection or type",
		"zzzzzzzzzz":                   "--find WORD",
		"EvidenceItem.":                "no field",
	} {
		entries, err := Embedded().Browse(name)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v; want %s", name, entries, err, want)
		}
	}
}

// TestBrowseEverything walks every type and every member of it by name.
func TestBrowseEverything(t *testing.T) {
	s := Embedded()
	for _, c := range s.Overview() {
		if c.Doc == "" {
			t.Errorf("the connection %s has no description", c.Name)
		}
		if _, err := s.Browse(c.Name); err != nil {
			t.Error(err)
		}
	}
	for _, def := range s.browsable() {
		e := s.typeEntry(def)
		for _, member := range append(e.Fields, e.Values...) {
			if _, err := s.Browse(def.Name + "." + member.Name); err != nil {
				t.Errorf("%s.%s: %v", def.Name, member.Name, err)
			}
		}
	}
}

func TestFind(t *testing.T) {
	hits := Embedded().Find("therapies")
	if len(hits) < 5 || hits[0].Name != "therapies" || hits[0].Kind != "connection" {
		t.Fatalf("the connection therapies comes first, not %+v", hits[0])
	}
	for _, h := range hits {
		if text := strings.ToLower(h.Name + " " + h.Doc); !strings.Contains(text, "therapies") {
			t.Errorf("%s does not go by therapies", h.Name)
		}
		if h.Fields != nil || h.Of != nil {
			t.Errorf("%s comes with what is inside", h.Name)
		}
	}
	if hits := Embedded().Find("nosuchthing"); len(hits) != 0 {
		t.Errorf("found %v", hits[0])
	}
}
