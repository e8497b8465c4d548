package schemas

import (
	"strings"
	"testing"
)

func TestConnectionFacts(t *testing.T) {
	tests := map[string]Connection{
		"evidenceItems":     {Node: "EvidenceItem", Single: "evidenceItem", MaxPage: 100, UniqueOrder: true, SortByID: true, IDs: true, HasIDsArg: true, DefaultFilter: "status: NON_REJECTED"},
		"assertions":        {Node: "Assertion", Single: "assertion", MaxPage: 100, SortByID: true, IDs: true, HasIDsArg: true, DefaultFilter: "status: NON_REJECTED"},
		"variants":          {Node: "VariantInterface", Single: "variant", MaxPage: 300, IDs: true, HasIDsArg: true, DefaultFilter: "deprecated ones are left out"},
		"genes":             {Node: "Gene", Single: "gene", MaxPage: 100, UniqueOrder: true, HasIDsArg: true, DefaultFilter: "evidenceStatusFilter: WITH_ACCEPTED_OR_SUBMITTED"},
		"activities":        {Node: "ActivityInterface", Single: "activity", MaxPage: 100, DefaultFilter: "automated ones are left out"},
		"variantTypes":      {Node: "BrowseVariantType", MaxPage: 100, UniqueOrder: true, IDs: true, HasIDsArg: true, DefaultFilter: "only those in use"},
		"browseUsers":       {Node: "BrowseUser", MaxPage: 100, SortByID: true, IDs: true, HasIDsArg: true},
		"newsItems":         {Node: "NewsItem", MaxPage: 100},
		"molecularProfiles": {Node: "MolecularProfile", Single: "molecularProfile", MaxPage: 300, IDs: true, HasIDsArg: true, DefaultFilter: "evidenceStatusFilter: WITH_ACCEPTED_OR_SUBMITTED, and deprecated ones are left out"},
	}
	for name, want := range tests {
		got, err := Embedded().Connection(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if got.Doc == "" {
			t.Errorf("%s has no description", name)
		}
		want.Name, want.Doc, want.Args = name, got.Doc, nil
		facts := *got
		facts.Args = nil
		if !sameFacts(facts, want) {
			t.Errorf("%s\n got %+v\nwant %+v", name, facts, want)
		}
	}
}

func sameFacts(a, b Connection) bool {
	return a.Name == b.Name && a.Node == b.Node && a.Single == b.Single && a.Doc == b.Doc && a.MaxPage == b.MaxPage &&
		a.UniqueOrder == b.UniqueOrder && a.SortByID == b.SortByID && a.IDs == b.IDs && a.HasIDsArg == b.HasIDsArg &&
		a.DefaultFilter == b.DefaultFilter
}

func TestArgsLeavePagingOut(t *testing.T) {
	c, err := Embedded().Connection("notifications")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, arg := range c.Args {
		def := ""
		if arg.DefaultValue != nil {
			def = arg.DefaultValue.String()
		}
		got = append(got, arg.Name+": "+arg.Type.String()+"="+def)
	}
	want := "notificationReason: NotificationReason= subscriptionId: Int= originatingObject: SubscribableInput= " +
		"eventType: EventAction= originatingUserId: Int= organizationId: Int= includeRead: Boolean=false"
	if text := strings.Join(got, " "); text != want {
		t.Errorf("got %s", text)
	}
}

func TestUnknownConnection(t *testing.T) {
	var names []string
	for _, c := range Embedded().Connections() {
		names = append(names, c.Name)
	}
	all := strings.Join(names, ", ")
	tests := map[string]string{
		"evidenceitems":  `the API has no connection "evidenceitems"; did you mean evidenceItems?`,
		"evidence_items": `the API has no connection "evidence_items"; did you mean evidenceItems?`,
		"evidenceItem":   `evidenceItem gives one record, not a list; did you mean evidenceItems?`,
		"":               "the API has no connection \"\"; there are " + all,
		"zzzzzzzzzzzz":   "the API has no connection \"zzzzzzzzzzzz\"; there are " + all,
	}
	for name, want := range tests {
		if _, err := Embedded().Connection(name); err == nil || err.Error() != want {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestNearest(t *testing.T) {
	tests := []struct {
		name, want string
		candidates []string
	}{
		{"evidence_level", "evidenceLevel", []string{"evidenceType", "evidenceLevel"}},
		{"nmae", "name", []string{"id", "name"}},
		{"ACEPTED", "ACCEPTED", []string{"REJECTED", "ACCEPTED"}},
		{"x", "", []string{"evidenceLevel"}},
		{"evid", "evidenceItems", []string{"evidenceItemsCount", "evidenceItems", "variants"}},
		{"evidnce", "evidenceItems", []string{"variants", "evidenceItemsCount", "evidenceItems"}},
		{"variantgrop", "variantGroups", []string{"variants", "variantGroups"}},
		{"evdnce", "", []string{"variants", "evidenceItemsCount"}},
		{"ide", "", []string{"evidenceLevel"}},
		{"", "", []string{"name"}},
		{"name", "", nil},
		{strings.Repeat("a", 1000), "", []string{strings.Repeat("a", 999)}},
	}
	for _, test := range tests {
		if got := Nearest(test.name, test.candidates); got != test.want {
			t.Errorf("%.20q among %.40q: %q, not %q", test.name, test.candidates, got, test.want)
		}
	}
}
