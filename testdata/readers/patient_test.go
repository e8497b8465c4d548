package readers

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// patientHeading begins the section of the cookbook about a patient's variants.
const patientHeading = "\n## A patient's variants\n"

var patientBlock = regexp.MustCompile("(?s)```sql\n-- DuckDB\n(.*?);\n```\n((?:\n\\|.*?\\|\n(?:\nThe first [^\n]*\n)?)?(?:\n|$))")

// patientMatches are the variants that each query must find, by hand from the patient's files.
var patientMatches = [][]string{
	{"BRAF V600E", "EGFR E746_A750del", "KRAS G12D", "KRAS G12V", "NPM1 W288fs"},
	{"BRAF V600E", "KRAS G12D"},
	{"BRAF V600E", "EGFR E746_A750del", "NPM1 W288fs"},
	nil, // overlaps
	{"BRAF V600E", "KRAS G12D"},
}

// TestPatient runs the recipes that match a patient's VCF, MAF and names, and compares the variants found with those
// expected, and the answers with those of the page.
func TestPatient(t *testing.T) {
	page := readCookbook(t)
	db := loaded(t, runAll(t))
	at := strings.Index(page.text, patientHeading)
	if at < 0 {
		t.Fatalf("%s has no section %q", page.file, strings.TrimSpace(patientHeading))
	}
	section, asked := page.text[at:], 0
	for _, m := range patientBlock.FindAllStringSubmatch(section, -1) {
		statement := strings.ReplaceAll(m[1], "'patient.", "'"+filepath.Join("cookbook", "patient."))
		if strings.HasPrefix(statement, "CREATE") {
			if _, err := db.Exec(statement); err != nil {
				t.Fatalf("%v\n%s", err, statement)
			}
			continue
		}
		got := query(t, db, statement)
		if len(got.rows) == 0 || asked >= len(patientMatches) {
			t.Fatalf("no answer, or none expected, of\n%s", statement)
		}
		if want := patientMatches[asked]; want != nil && !slices.Equal(found(t, got), want) {
			t.Errorf("query %d finds %q instead of %q", asked+1, found(t, got), want)
		}
		asked++
		answer := markdown(t, got)
		switch {
		case *update:
			page.text = strings.Replace(page.text, m[1]+";\n```\n"+m[2], m[1]+";\n```\n"+answer, 1)
		case strings.TrimSpace(m[2]) != strings.TrimSpace(answer):
			t.Errorf("the page shows\n%s\nthe query gives\n%s\ngo test -run Patient -update writes it", m[2], answer)
		}
	}
	if asked != len(patientMatches) {
		t.Errorf("%d queries instead of %d", asked, len(patientMatches))
	}
	if *update {
		page.write(t)
	}
}

// found are the values of the column variant, each once.
func found(t *testing.T, r *relation) []string {
	t.Helper()
	at := slices.IndexFunc(r.columns, func(c column) bool { return c.name == "variant" })
	var all []string
	for _, row := range r.rows {
		var values []any
		if err := decode([]byte(row), &values); err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprint(values[at]))
	}
	slices.Sort(all)
	return slices.Compact(all)
}
