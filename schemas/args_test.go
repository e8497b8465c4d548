package schemas

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

type values = map[string]any

func connection(t testing.TB, name string) *Connection {
	t.Helper()
	c, err := Embedded().Connection(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestArgsText(t *testing.T) {
	tests := []struct {
		connection, want string
		args             values
	}{
		{"evidenceItems", "", nil},
		{"evidenceItems", "status: ACCEPTED", values{"status": "ACCEPTED"}},
		{"evidenceItems", "diseaseName: null, ids: [1, 2]", values{"ids": []any{1, int64(2)}, "diseaseName": nil}},
		{"evidenceItems", "ids: [7]", values{"ids": 7}},
		{"evidenceItems", "ids: []", values{"ids": []any{}}},
		{"evidenceItems", "sortBy: {column: ID, direction: ASC}", values{"sortBy": values{"direction": "ASC", "column": "ID"}}},
		{"evidenceItems", "organization: {ids: [1], includeSubgroups: true}", values{"organization": values{"ids": 1, "includeSubgroups": true}}},
		{"evidenceItems", `diseaseName: "a \"b\"\\\n<é>"`, values{"diseaseName": "a \"b\"\\\n<é>"}},
		{"activities", `activityType: [COMMENT], occurredAfter: "2026-01-31T00:00:00Z", subject: [{entityType: VARIANT, id: 3}]`,
			values{"activityType": "COMMENT", "occurredAfter": "2026-01-31T00:00:00Z", "subject": values{"id": 3, "entityType": "VARIANT"}}},
		{"genes", `entrezSymbols: ["BRAF", "KRAS"]`, values{"entrezSymbols": []any{"BRAF", "KRAS"}}},
	}
	for _, test := range tests {
		c := connection(t, test.connection)
		if faults := Embedded().CheckArgs(c, test.args); faults != nil {
			t.Errorf("%v: %v", test.args, faults)
		}
		got := Embedded().ArgsText(c, test.args)
		if got != test.want {
			t.Errorf("%v: %s", test.args, got)
		}
		checkQuery(t, c, got)
	}
}

func checkQuery(t *testing.T, c *Connection, args string) {
	t.Helper()
	if args != "" {
		args = "(" + args + ")"
	}
	query := fmt.Sprintf("{ %s%s { totalCount } }", c.Name, args)
	if _, errs := gqlparser.LoadQueryWithRules(Embedded().AST(), query, rules.NewDefaultRules()); errs != nil {
		t.Errorf("%s: %v", query, errs)
	}
}

func TestArgFaults(t *testing.T) {
	tests := []struct {
		connection string
		args       values
		want       string // path: what; hint
	}{
		{"evidenceItems", values{"staus": "ACCEPTED"}, `staus: evidenceItems has no argument "staus"; did you mean status?`},
		{"newsItems", values{"ids": 1}, `ids: newsItems has no argument "ids"; it takes none`},
		{"variantGroups", values{"qqqqqqqqqqq": 1}, `qqqqqqqqqqq: variantGroups has no argument "qqqqqqqqqqq"; the only one is ids`},
		{"evidenceItems", values{"first": 10}, "first: first cannot be set: it controls paging; use extract.page_size"},
		{"evidenceItems", values{"after": "MTAw"}, "after: after cannot be set: it controls paging; use extract.page_size"},
		{"evidenceItems", values{"status": "ACEPTED"}, `status: "ACEPTED" is not a value of EvidenceStatusFilter; did you mean ACCEPTED?`},
		{"evidenceItems", values{"status": "accepted"}, `status: "accepted" is not a value of EvidenceStatusFilter; did you mean ACCEPTED?`},
		{"evidenceItems", values{"status": "zzzzzzzzzzzz"}, `status: "zzzzzzzzzzzz" is not a value of EvidenceStatusFilter; there are ACCEPTED, SUBMITTED, REJECTED, NON_REJECTED, ALL`},
		{"evidenceItems", values{"status": 3}, "status: status is an EvidenceStatusFilter, given 3; write one of ACCEPTED, SUBMITTED, REJECTED, NON_REJECTED, ALL"},
		{"evidenceItems", values{"ids": []any{1, "2"}}, `ids[1]: ids[1] is an Int!, given the text "2"; take the quotes off`},
		{"evidenceItems", values{"ids": "x"}, `ids: ids is an Int!, given the text "x"; write a whole number`},
		{"evidenceItems", values{"ids": []any{nil}}, "ids[0]: ids[0] is an Int!, given null; give it a value, or leave it out"},
		{"evidenceItems", values{"ids": []any{[]any{1}}}, "ids[0]: ids[0] is an Int!, given a list; write a whole number"},
		{"evidenceItems", values{"variantId": 1.5}, "variantId: variantId is an Int, given 1.5; write a whole number"},
		{"evidenceItems", values{"variantId": math.MaxInt32 + 1}, "variantId: variantId is an Int, given 2147483648; GraphQL's Int holds 32 bits; write a smaller number"},
		{"evidenceItems", values{"variantId": uint64(math.MaxUint64)}, "variantId: variantId is an Int, given 18446744073709551615; GraphQL's Int holds 32 bits; write a smaller number"},
		{"evidenceItems", values{"variantId": true}, "variantId: variantId is an Int, given true; write a whole number"},
		{"evidenceItems", values{"diseaseName": 5}, "diseaseName: diseaseName is a String, given 5; put it in quotes"},
		{"evidenceItems", values{"sortBy": "ID"}, `sortBy: sortBy is an EvidenceSort, given the text "ID"; write {column: EvidenceSortColumns, direction: SortDirection}`},
		{"evidenceItems", values{"sortBy": values{"column": "ID"}}, "sortBy: EvidenceSort needs the field direction (SortDirection!); write {column: EvidenceSortColumns, direction: SortDirection}"},
		{"evidenceItems", values{"sortBy": values{"colum": "ID", "direction": "ASC", "column": "ID"}}, `sortBy.colum: EvidenceSort has no field "colum"; did you mean column?`},
		{"evidenceItems", values{"sortBy": values{"column": "I", "direction": "ASC"}}, `sortBy.column: "I" is not a value of EvidenceSortColumns; did you mean ID?`},
		{"events", values{"includeAutomatedEvents": "yes"}, `includeAutomatedEvents: includeAutomatedEvents is a Boolean, given the text "yes"; write true or false`},
		{"activities", values{"occurredAfter": "2026-01-31"}, `occurredAfter: occurredAfter is an ISO8601DateTime, given the text "2026-01-31"; write it as RFC 3339, such as "2026-01-31T00:00:00Z"`},
		{"activities", values{"subject": []any{values{"id": 1}}}, "subject[0]: SubscribableQueryInput needs the field entityType (SubscribableEntities!); write {id: Int, entityType: SubscribableEntities, includeChildren: Boolean}"},
		{"evidenceItems", values{"diseaseName": values{}}, "diseaseName: diseaseName is a String, given a map; put it in quotes"},
		{"evidenceItems", values{"evidenceRating": strings.Repeat("é", 100)}, `evidenceRating: evidenceRating is an Int, given the text "` + strings.Repeat("é", 40) + `…"; write a whole number`},
	}
	for _, test := range tests {
		faults := Embedded().CheckArgs(connection(t, test.connection), test.args)
		if len(faults) != 1 {
			t.Errorf("%v: %d faults: %v", test.args, len(faults), faults)
			continue
		}
		if got := pathText(faults[0].Path) + ": " + faults[0].What + "; " + faults[0].Hint; got != test.want {
			t.Errorf("\n got %s\nwant %s", got, test.want)
		}
	}
}

func TestEveryArgFaultAtOnce(t *testing.T) {
	faults := Embedded().CheckArgs(connection(t, "evidenceItems"), values{
		"ids": []any{"a", 1, "b"}, "zzz": 1, "status": "NO", "sortBy": values{"column": 1, "x": 2},
	})
	var got []string
	for _, fault := range faults {
		got = append(got, pathText(fault.Path))
	}
	if text := strings.Join(got, " "); text != "ids[0] ids[2] sortBy.column sortBy.x sortBy status zzz" {
		t.Errorf("%s", text)
	}
}

func FuzzArgsText(f *testing.F) {
	f.Add("plain")
	f.Add("\x00\u2028\"\\\n\r\t\x7f")
	f.Fuzz(func(t *testing.T, text string) {
		c := connection(t, "evidenceItems")
		checkQuery(t, c, Embedded().ArgsText(c, values{"diseaseName": text}))
	})
}
