package demoapi

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/extract/demoapi/internal/synthetic"
)

func count(t *testing.T, field string) int {
	t.Helper()
	return connection(t, plain(), field).TotalCount
}

func TestStatus(t *testing.T) {
	by := map[string]int{}
	for _, s := range []string{"ACCEPTED", "SUBMITTED", "REJECTED", "NON_REJECTED", "ALL"} {
		by[s] = count(t, "evidenceItems(status: "+s+")")
	}
	if by["ALL"] != 14400 || by["ACCEPTED"] < 4600 || by["ACCEPTED"] > 5000 || by["REJECTED"] == 0 {
		t.Errorf("evidence is not of CIViC's size: %v", by)
	}
	if by["ACCEPTED"]+by["SUBMITTED"] != by["NON_REJECTED"] || by["NON_REJECTED"]+by["REJECTED"] != by["ALL"] {
		t.Errorf("the counts do not add up: %v", by)
	}
	if got := count(t, "evidenceItems"); got != by["NON_REJECTED"] {
		t.Errorf("by default %d, not %d", got, by["NON_REJECTED"])
	}
	rejected := connection(t, plain(), "evidenceItems(status: REJECTED, first: 1)").ids()[0]
	if got := count(t, fmt.Sprintf("evidenceItems(ids: [%d])", rejected)); got != 0 {
		t.Error("ids lifts the default filter")
	}
}

func TestDefaultFilters(t *testing.T) {
	tests := []struct{ most, few string }{
		{"molecularProfiles(evidenceStatusFilter: ALL)", "molecularProfiles"},
		{"molecularProfiles(evidenceStatusFilter: WITH_ACCEPTED_OR_SUBMITTED)", "molecularProfiles(evidenceStatusFilter: WITH_ACCEPTED)"},
		{"genes(evidenceStatusFilter: ALL)", "genes(evidenceStatusFilter: WITH_ACCEPTED)"},
		{"activities(includeAutomatedEvents: true)", "activities"},
		{"events(includeAutomatedEvents: true)", "events"},
	}
	for _, test := range tests {
		if most, few := count(t, test.most), count(t, test.few); few >= most || few == 0 {
			t.Errorf("%s: %d, %s: %d", test.few, few, test.most, most)
		}
	}
	d := synthetic.Of(0)
	for _, field := range []string{"variants", "diseases", "therapies", "sources", "variantTypes", "clinicalTrials"} {
		size := len(d.Table(field))
		if n := count(t, field); n >= size || n < size*8/10 {
			t.Errorf("%s: %d of %d", field, n, size)
		}
	}
}

// TestEvidenceFilters checks each filter against the values it filters on.
func TestEvidenceFilters(t *testing.T) {
	type named struct {
		ID   int
		Name string
	}
	type item struct {
		ID               int
		EvidenceLevel    string
		EvidenceType     string
		Significance     string
		EvidenceRating   int
		Description      string
		Disease          *named
		Therapies        []named
		MolecularProfile struct {
			ID       int
			Variants []named
		}
	}
	const fields = `{ totalCount nodes { id evidenceLevel evidenceType significance evidenceRating description disease { id name }
		therapies { id name } molecularProfile { id variants { id name } } } }`
	type answer = map[string]struct {
		TotalCount int
		Nodes      []item
	}
	sample := get[answer](t, plain(), `{ c: evidenceItems(therapyName: "a", diseaseName: "a", first: 1) `+fields+` }`)["c"].Nodes[0]
	has := func(list []named, id int) bool {
		return slices.ContainsFunc(list, func(n named) bool { return n.ID == id })
	}
	tests := map[string]func(item) bool{
		"evidenceLevel: B":                                                   func(i item) bool { return i.EvidenceLevel == "B" },
		"evidenceType: ONCOGENIC":                                            func(i item) bool { return i.EvidenceType == "ONCOGENIC" },
		"significance: RESISTANCE":                                           func(i item) bool { return i.Significance == "RESISTANCE" },
		"evidenceRating: 4":                                                  func(i item) bool { return i.EvidenceRating == 4 },
		`description: "SYNTHETIC"`:                                           func(i item) bool { return strings.Contains(strings.ToLower(i.Description), "synthetic") },
		`diseaseName: "lung"`:                                                func(i item) bool { return strings.Contains(i.Disease.Name, "Lung") },
		fmt.Sprintf("diseaseId: %d", sample.Disease.ID):                      func(i item) bool { return i.Disease.ID == sample.Disease.ID },
		fmt.Sprintf("therapyId: %d", sample.Therapies[0].ID):                 func(i item) bool { return has(i.Therapies, sample.Therapies[0].ID) },
		fmt.Sprintf("molecularProfileId: %d", sample.MolecularProfile.ID):    func(i item) bool { return i.MolecularProfile.ID == sample.MolecularProfile.ID },
		fmt.Sprintf("variantId: %d", sample.MolecularProfile.Variants[0].ID): func(i item) bool { return has(i.MolecularProfile.Variants, sample.MolecularProfile.Variants[0].ID) },
		fmt.Sprintf("ids: [%d, 99999999, %d]", sample.ID, sample.ID):         func(i item) bool { return i.ID == sample.ID },
		fmt.Sprintf("ids: %d", sample.ID):                                    func(i item) bool { return i.ID == sample.ID },
	}
	for args, is := range tests {
		got := get[answer](t, plain(), "{ c: evidenceItems("+args+") "+fields+" }")["c"]
		if got.TotalCount == 0 || got.TotalCount >= 13900 {
			t.Errorf("%s keeps %d", args, got.TotalCount)
		}
		for _, n := range got.Nodes {
			if !is(n) {
				t.Errorf("%s keeps %+v", args, n)
				break
			}
		}
	}
}

// TestFiltersTestEachElement: a filter on a list keeps a record whichever element matches, not only the last.
func TestFiltersTestEachElement(t *testing.T) {
	type refs []struct{ ID int }
	data := get[map[string]struct {
		Nodes []struct {
			ID               int
			Therapies        refs
			MolecularProfile struct{ Variants refs }
		}
	}](t, plain(), `{ c: evidenceItems(evidenceType: PREDICTIVE) { nodes { id therapies { id } molecularProfile { variants { id } } } } }`)
	several := map[string]int{}
	for _, n := range data["c"].Nodes {
		for arg, list := range map[string]refs{"therapyId": n.Therapies, "variantId": n.MolecularProfile.Variants} {
			for _, ref := range list[:max(len(list)-1, 0)] {
				several[arg]++
				if got := count(t, fmt.Sprintf("evidenceItems(ids: %d, %s: %d)", n.ID, arg, ref.ID)); got != 1 {
					t.Errorf("%s: %d leaves out evidence item %d", arg, ref.ID, n.ID)
				}
			}
		}
	}
	if several["therapyId"] == 0 || several["variantId"] == 0 {
		t.Errorf("too few lists of several elements: %v", several)
	}
}

// TestIDsOfFeatures: `ids` of genes and their kin match another id.
func TestIDsOfFeatures(t *testing.T) {
	for _, field := range []string{"genes", "factors", "fusions", "regions"} {
		ids := connection(t, plain(), field+"(first: 5)").ids()
		if got := connection(t, plain(), fmt.Sprintf("%s(ids: [%d, %d])", field, ids[0], ids[1])).ids(); len(got) > 0 {
			t.Errorf("%s(ids: %v) finds %v", field, ids[:2], got)
		}
	}
	for _, field := range []string{"variants", "diseases", "sources", "assertions", "users", "comments", "events"} {
		ids := connection(t, plain(), field+"(first: 5)").ids()
		got := connection(t, plain(), fmt.Sprintf("%s(ids: [%d, %d])", field, ids[3], ids[1])).ids()
		slices.Sort(got)
		want := []int{ids[1], ids[3]}
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s(ids: %v) finds %v", field, want, got)
		}
	}
}

func TestActivitiesSince(t *testing.T) {
	type node struct {
		CreatedAt string
		Subject   struct {
			Typename string `json:"__typename"`
			ID       int
		}
	}
	data := get[map[string]struct {
		TotalCount int
		Nodes      []node
	}](t, plain(), `{ c: activities(occurredAfter: "2024-01-01T00:00:00Z", occurredBefore: "2024-02-01", sortBy: {column: CREATED, direction: ASC})
		{ totalCount nodes { createdAt subject { __typename id } } } }`)["c"]
	if data.TotalCount < 50 || !slices.IsSortedFunc(data.Nodes, func(a, b node) int { return strings.Compare(a.CreatedAt, b.CreatedAt) }) {
		t.Errorf("%d activities, or not in order", data.TotalCount)
	}
	for _, n := range data.Nodes {
		if n.CreatedAt < "2024-01" || n.CreatedAt > "2024-02-02" || n.Subject.ID == 0 || n.Subject.Typename == "" {
			t.Errorf("%+v", n)
		}
	}
}

// TestWhatIsNotImplementedSaysSo: nothing the schema has is ignored.
func TestWhatIsNotImplementedSaysSo(t *testing.T) {
	for query, want := range map[string]string{
		"{ molecularProfiles(geneId: 1) { totalCount } }":                                                            "argument geneId of Query.molecularProfiles",
		"{ fusions(genePartnerId: 1) { totalCount } }":                                                               "argument genePartnerId of Query.fusions",
		"{ variantGroups(first: 1) { nodes { variants(geneId: 3) { totalCount } } } }":                               "argument geneId of VariantGroup.variants",
		"{ assertions(first: 1) { nodes { approvals(approvingOrganizationIsApprovedVcep: true) { totalCount } } } }": "argument approvingOrganizationIsApprovedVcep",
	} {
		got := ask(t, plain(), query)
		if !strings.Contains(got, "does not implement "+want) || strings.Contains(got, `"data"`) {
			t.Errorf("%s: %s", query, got)
		}
	}
	if n := count(t, "molecularProfiles(geneId: null)"); n == 0 {
		t.Error("an argument that is null is as one that is not given")
	}
}
