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
	{"BRAF V600E", "KRAS G12D", "NPM1 W288fs"}, // the insertion is in an HGVS expression only
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

// asVCF writes the curated variants with bases of a build as a VCF file: insertions and deletions with a base before
// them, all others as CIViC has them or, trimmed, without bases that both alleles begin with, except the last.
const asVCF = `COPY (
SELECT chromosome, CASE WHEN indel AND reference <> '' THEN start - 1 ELSE start + cut END AS pos, '.' AS id,
       CASE WHEN indel THEN 'G' || reference ELSE reference[cut + 1:] END AS ref,
       CASE WHEN indel THEN 'G' || alternative ELSE alternative[cut + 1:] END AS alt
FROM (SELECT *, coalesce(reference_bases, '') AS reference, coalesce(variant_bases, '') AS alternative,
             reference = '' OR alternative = '' AS indel,
             CASE WHEN %[2]t AND NOT indel AND length(reference) <> length(alternative) AND reference[1] = alternative[1]
                       AND least(length(reference), length(alternative)) > 1 THEN 1 ELSE 0 END AS cut
      FROM variant_locations WHERE source = 'curated' AND part = 'variant' AND build = '%[1]s' AND reference <> alternative)
) TO '%[3]s' (DELIMITER '\t', HEADER false)`

// TestPatientOfAllVariants writes all curated variants as a patient's VCF file, and expects that each is found.
func TestPatientOfAllVariants(t *testing.T) {
	page := readCookbook(t)
	db := loaded(t, runAll(t))
	for _, m := range patientBlock.FindAllStringSubmatch(page.text, -1) {
		if strings.HasPrefix(m[1], "CREATE OR REPLACE") {
			if _, err := db.Exec(m[1]); err != nil {
				t.Fatalf("%v\n%s", err, m[1])
			}
		}
	}
	for _, build := range []string{"GRCh37", "GRCh38"} {
		for _, trimmed := range []bool{false, true} {
			file := filepath.Join(t.TempDir(), "all.vcf")
			if _, err := db.Exec(fmt.Sprintf(asVCF, build, trimmed, file)); err != nil {
				t.Fatal(err)
			}
			missed := query(t, db, fmt.Sprintf(`
				SELECT variant_id, start, stop, reference_bases, variant_bases FROM variant_locations
				WHERE source = 'curated' AND part = 'variant' AND build = '%[1]s'
				  AND coalesce(reference_bases, '') <> coalesce(variant_bases, '')
				  AND variant_id NOT IN (SELECT variant_id FROM read_vcf('%[2]s')
				      JOIN known_places USING (chromosome, start, stop, reference, alternative) WHERE build = '%[1]s')`, build, file))
			all := query(t, db, fmt.Sprintf("SELECT DISTINCT chromosome, start, stop, reference, alternative FROM read_vcf('%s')", file))
			if len(missed.rows) > 0 || len(all.rows) < 100 {
				t.Errorf("%s, trimmed %t: of %d places, these are missed: %s", build, trimmed, len(all.rows), missed.rows)
			}
		}
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
