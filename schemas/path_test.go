package schemas

import (
	"errors"
	"strings"
	"testing"
)

func TestResolve(t *testing.T) {
	tests := []struct {
		node, path, want string // type, ? nullable, ~ elements nullable
	}{
		{"EvidenceItem", "id", "int64"},
		{"EvidenceItem", "__typename", "string"},
		{"EvidenceItem", "evidenceRating", "int64?"},
		{"EvidenceItem", "evidenceLevel", "string EvidenceLevel"},
		{"EvidenceItem", "flagged", "bool"},
		{"EvidenceItem", "molecularProfile.molecularProfileScore", "double"},
		{"EvidenceItem", "submissionEvent.createdAt", "timestamp[us, UTC]"},
		{"EvidenceItem", "acceptanceEvent.createdAt", "timestamp[us, UTC]?"},
		{"EvidenceItem", "disease.name", "string?"},
		{"EvidenceItem", "disease.diseaseAliases", "list<string>?"},
		{"EvidenceItem", "therapies.name", "list<string>"},
		{"EvidenceItem", "therapies.ncitId", "list<string>~"},
		{"EvidenceItem", "therapies.therapyAliases", "list<string>"},
		{"EvidenceItem", "source.clinicalTrials.nctId", "list<string>?"},
		{"EvidenceItem", "assertions.ampLevel", "list<string>~ AmpLevel"},
		{"EvidenceItem", "molecularProfile.variants.feature.name", "list<string>"},
		{"EvidenceItem", "molecularProfile.variants.GeneVariant.clinvarIds", "list<string>~"},
		{"EvidenceItem", "molecularProfile.variants.feature.featureInstance.Gene.entrezId", "list<int64>~"},
		{"EvidenceItem", "molecularProfile.variants.__typename", "list<string>"},
		{"EvidenceItem", "molecularProfile.evidenceItems.id", "list<int64>"},
		{"EvidenceItem", "molecularProfile.parsedName.MolecularProfileTextSegment.text", "list<string>~"},
		{"EvidenceItem", "therapies.__ordinal", "list<int64>"},
		{"EvidenceItem", "molecularProfile.variants.variantAliases.__ordinal", "list<int64>"},
		{"MolecularProfile", "evidenceItems.__ordinal", "list<int64>"},
		{"VariantInterface", "name", "string"},
		{"VariantInterface", "GeneVariant.coordinates.start", "int64?"},
		{"VariantInterface", "GeneVariant.id", "int64?"},
		{"VariantInterface", "Flaggable.flagged", "bool?"},
		{"VariantInterface", "VariantInterface.name", "string?"},
		{"VariantInterface", "GeneVariant.openCravatAnnotations", "string?"},
		{"Revision", "suggestedValue", "string?"},
		{"VariantGroup", "variants.name", "list<string>"},
		{"User", "notifications.seen", "list<bool>?"},
		{"User", "profileImagePath", "string?"},
		{"ActivityInterface", "subject.__typename", "string"},
		{"ActivityInterface", "subject.VariantInterface.feature.name", "string?"},
		{"BrowseFeature", "featureAliases", "list<string>?"},
	}
	for _, test := range tests {
		path, err := Embedded().Resolve(test.node, test.path)
		if err != nil {
			t.Errorf("%s %s: %v", test.node, test.path, err)
			continue
		}
		if got := strings.TrimSpace(show(path.Type) + " " + path.Enum); got != test.want {
			t.Errorf("%s %s: %s, not %s", test.node, test.path, got, test.want)
		}
		if path.Text != test.path {
			t.Errorf("%s has the text %s", test.path, path.Text)
		}
	}
}

func show(typ Type) string {
	text := typ.String()
	if typ.Nullable {
		text += "?"
	}
	if typ.ElementNullable {
		text += "~"
	}
	return text
}

func TestResolveFaults(t *testing.T) {
	deep := strings.TrimSuffix(strings.Repeat("molecularProfile.", 40), ".")
	tests := []struct{ node, path, segment, want string }{
		{"EvidenceItem", "", "", "the path is empty; write the fields from the record to the value, such as id, name, link, …"},
		{"EvidenceItem", "disease..name", "", "disease..name has an empty segment; remove the extra dot"},
		{"EvidenceItem", ".id", "", ".id has an empty segment; remove the extra dot"},
		{"EvidenceItem", "evidence_level", "evidence_level", `EvidenceItem has no field "evidence_level"; did you mean evidenceLevel?`},
		{"EvidenceItem", "disease.nmae", "nmae", `Disease has no field "nmae"; did you mean name?`},
		{"EvidenceItem", "qqqqqqqqqq", "qqqqqqqqqq", "EvidenceItem has no field \"qqqqqqqqqq\"; its fields are id, name, link, acceptanceEvent, assertions, comments, description, descriptionReplaceEidWithSource, descriptionWithNames, descriptionWithNamesReplaceEidWithSource, descriptionWithTags, descriptionWithTagsReplaceEidWithSource, …"},
		{"EvidenceItem", "disease", "disease", "disease is a Disease with fields of its own; add a field: disease.id, disease.name, disease.link, …"},
		{"EvidenceItem", "molecularProfile.evidenceItems", "evidenceItems", "molecularProfile.evidenceItems is an EvidenceItem with fields of its own; add a field: molecularProfile.evidenceItems.id, molecularProfile.evidenceItems.name, molecularProfile.evidenceItems.link, …"},
		{"EvidenceItem", "id.name", "name", "id is an Int, which has no fields; end the path at id"},
		{"EvidenceItem", "disease.name.Gene.x", "Gene", "disease.name is a String, which has no fields; end the path at disease.name"},
		{"EvidenceItem", "__typename.x", "x", "__typename is a String, which has no fields; end the path at __typename"},
		{"EvidenceItem", "nodes.id", "nodes", `EvidenceItem has no field "nodes"; leave "nodes" out: a path goes straight to the records`},
		{"EvidenceItem", "molecularProfile.evidenceItems.nodes.id", "nodes", `EvidenceItem has no field "nodes"; leave "nodes" out: a path goes straight to the records`},
		{"EvidenceItem", "therapies[0].name", "therapies[0]", "EvidenceItem has no field \"therapies[0]\"; a path takes every element of a list; choose with `list: first` or another list mode"},
		{"EvidenceItem", "GeneVariant.id", "GeneVariant", "the record is always an EvidenceItem, which GeneVariant cannot narrow; leave GeneVariant out"},
		{"EvidenceItem", "disease.Disease.name", "Disease", "disease is always a Disease, which Disease cannot narrow; leave Disease out"},
		{"EvidenceItem", "molecularProfile.variants.coordinates.start", "coordinates", `VariantInterface has no field "coordinates"; narrow to the type that has it: GeneVariant.coordinates`},
		{"EvidenceItem", "molecularProfile.variants.coordinate", "coordinate", `VariantInterface has no field "coordinate"; did you mean GeneVariant.coordinates?`},
		{"EvidenceItem", "molecularProfile.variants.geneVariant.id", "geneVariant", `VariantInterface has no field "geneVariant"; did you mean GeneVariant?`},
		{"Feature", "featureInstance.gene.entrezId", "gene", `FeatureInstance has no field "gene"; did you mean Gene?`},
		{"EvidenceItem", "molecularProfile.variants.Gene.id", "Gene", "variants is never a Gene; did you mean GeneVariant?"},
		{"EvidenceItem", "molecularProfile.variants.GenVariant.id", "GenVariant", "the API has no type GenVariant; did you mean GeneVariant?"},
		{"EvidenceItem", "molecularProfile.variants.String.id", "String", "variants is never a String; it can be FactorVariant, FusionVariant, GeneVariant, RegionVariant, Variant"},
		{"EvidenceItem", "molecularProfile.variants.GeneVariant", "GeneVariant", "molecularProfile.variants.GeneVariant ends with a type; add a field: molecularProfile.variants.GeneVariant.id, molecularProfile.variants.GeneVariant.name, molecularProfile.variants.GeneVariant.link, …"},
		{"VariantInterface", "Flaggable.GeneVariant.id", "GeneVariant", "Flaggable and GeneVariant narrow the same value; keep the narrower one"},
		{"Feature", "featureInstance.entrezid", "entrezid", `FeatureInstance has no field "entrezid"; did you mean Gene.entrezId?`},
		{"Feature", "featureInstance.zzzzzzzzzzzz", "zzzzzzzzzzzz", `FeatureInstance has no field "zzzzzzzzzzzz"; narrow it first, to Factor, Fusion, Gene, Region`},
		{"Query", "gene.id", "", ""},
		{"Query", "disease.id", "disease", "Query.disease needs an argument (id: Int!), which a path cannot pass"},
		{"Query", "__schema.types.name", "__schema", "Query has no field \"__schema\"; its fields are activities, approvals, assertions, browseDiseases, browseFeatures, browseMolecularProfiles, browseOrganizations, browsePhenotypes, browseSources, browseTherapies, browseUsers, browseVariantGroups, …"},
		{"EvidenceItem", deep, "", "a path of 40 segments is too deep; the most is 32"},
		{"EvidenceItem", strings.Repeat("x", 2000), "", "a path of 2000 bytes is too long; the most is 1000"},
		{"Nothing", "id", "", "the API has no type Nothing"},
	}
	for _, test := range tests {
		_, err := Embedded().Resolve(test.node, test.path)
		if test.want == "" {
			if err != nil {
				t.Errorf("%.60s: %v", test.path, err)
			}
			continue
		}
		var fault *PathError
		if !errors.As(err, &fault) {
			t.Errorf("%.60s: no fault but %v", test.path, err)
			continue
		}
		if fault.Error() != test.want || fault.Segment != test.segment || fault.Path != test.path {
			t.Errorf("%.60s at %q:\n got %s\nwant %s", test.path, fault.Segment, fault, test.want)
		}
	}
}

func TestResolveRows(t *testing.T) {
	tests := []struct{ path, want string }{
		{"therapies", "list<object>"},
		{"molecularProfile.variants", "list<object>"},
		{"molecularProfile.variants.feature", "list<object>"},
		{"molecularProfile.evidenceItems", "list<object>"},
		{"disease.diseaseAliases", "list<string>?"},
		{"molecularProfile.variants.GeneVariant.clinvarIds", "list<string>~"},
	}
	for _, test := range tests {
		path, err := Embedded().ResolveRows("EvidenceItem", test.path)
		if err != nil {
			t.Errorf("%s: %v", test.path, err)
		} else if got := show(path.Type); got != test.want {
			t.Errorf("%s: %s, not %s", test.path, got, test.want)
		}
	}
}

func TestResolveRowsFaults(t *testing.T) {
	tests := map[string]string{
		"disease":                               "disease is not a list and goes through no list, so it gives no rows; lists of EvidenceItem are ",
		"id":                                    "id is not a list and goes through no list, so it gives no rows; lists of EvidenceItem are ",
		"therapys":                              `EvidenceItem has no field "therapys"; did you mean therapies?`,
		"molecularProfile.variants.GeneVariant": "molecularProfile.variants.GeneVariant ends with a type; add a field: ",
	}
	for path, want := range tests {
		if _, err := Embedded().ResolveRows("EvidenceItem", path); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	_, err := Embedded().ResolveRows("EvidenceItem", "disease")
	if !strings.Contains(err.Error(), "therapies") {
		t.Errorf("no list is named in: %v", err)
	}
}

func TestUnder(t *testing.T) {
	tests := []struct{ rows, path, want string }{
		{"therapies", "therapies.name", "string"},
		{"therapies", "therapies.ncitId", "string?"},
		{"therapies", "therapies.therapyAliases", "list<string>"},
		{"therapies", "phenotypes.name", "list<string>"},
		{"therapies", "disease.name", "string?"},
		{"disease.diseaseAliases", "disease.diseaseAliases", "string?"},
		{"molecularProfile.variants.variantTypes", "molecularProfile.variants.name", "string"},
		{"molecularProfile.variants.variantTypes", "molecularProfile.variants.variantTypes.name", "string"},
		{"molecularProfile.variants", "molecularProfile.variants.variantTypes.name", "list<string>"},
		{"molecularProfile.variants", "molecularProfile.variants.GeneVariant.coordinates.start", "int64?"},
		{"molecularProfile.variants", "molecularProfile.variants.GeneVariant.clinvarIds", "list<string>?"},
		{"molecularProfile.variants.GeneVariant.clinvarIds", "molecularProfile.variants.GeneVariant.clinvarIds", "string"},
	}
	for _, test := range tests {
		rows, err := Embedded().ResolveRows("EvidenceItem", test.rows)
		if err != nil {
			t.Fatal(err)
		}
		path, err := Embedded().Resolve("EvidenceItem", test.path)
		if err != nil {
			t.Fatal(err)
		}
		if got := show(path.Under(rows)); got != test.want {
			t.Errorf("%s under %s: %s, not %s", test.path, test.rows, got, test.want)
		}
	}
}

// Every value of the real nodes has a path, and the path's type fits it.
func TestRealNodesHavePaths(t *testing.T) {
	nodes := lines[map[string]any](t, unzip(t, sharedFile(t, "alk-evidence-graphql-2025-10.ndjson.gz")))
	if len(nodes) != 146 {
		t.Fatalf("%d nodes", len(nodes))
	}
	for _, node := range nodes {
		checkNode(t, "", node)
	}
}

func checkNode(t *testing.T, prefix string, node map[string]any) {
	t.Helper()
	for name, value := range node {
		path := strings.TrimPrefix(prefix+"."+name, ".")
		elems, isList := value.([]any)
		if !isList {
			elems = []any{value}
		}
		for _, elem := range elems {
			if object, ok := elem.(map[string]any); ok {
				checkNode(t, path, object)
				continue
			}
			resolved, err := Embedded().Resolve("EvidenceItem", path)
			if err != nil { // of an inline fragment
				resolved, err = Embedded().Resolve("EvidenceItem", prefix+".GeneVariant."+name)
			}
			if err != nil {
				t.Fatal(err)
			}
			if !fits(elem, resolved) {
				t.Errorf("%s is %s, but holds %v", path, show(resolved.Type), elem)
			}
		}
	}
}

func fits(value any, path *Path) bool {
	switch value.(type) {
	case nil:
		return path.Type.Nullable || path.Type.ElementNullable
	case float64:
		return path.Type.Kind == Int64 || path.Type.Kind == Float64
	case bool:
		return path.Type.Kind == Bool
	case string:
		return path.Type.Kind == String || path.Type.Kind == Enum || path.Type.Kind == Timestamp
	}
	return false
}

func FuzzResolve(f *testing.F) {
	for _, path := range []string{"id", "disease.name", "therapies.name", "a..b", "molecularProfile.variants.GeneVariant.coordinates.start", "A", "\xff", "nodes.id"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, node := range []string{"EvidenceItem", "VariantInterface", "FeatureInstance"} {
			path, err := Embedded().Resolve(node, text)
			var fault *PathError
			switch {
			case err == nil && (len(path.Steps) == 0 || path.Type.Kind == Object):
				t.Errorf("%q resolved to no value", text)
			case err != nil && (!errors.As(err, &fault) || fault.What == ""):
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}
