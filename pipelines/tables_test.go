package pipelines

import (
	"fmt"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/civic-etl/civic-etl/pipelines/internal/testkit"
	"github.com/civic-etl/civic-etl/pipelines/plan"
)

const tablesHead = `# Shipped tables

This page lists the tables of each shipped pipeline. A test generates it from the specs
(` + "`go test ./pipelines -run Documented -update`" + `). Columns, types and meanings are in ` + "`civic-etl plan NAME`" + `, and in
the manifest of a published folder.

A reference leads from a column to the column after the arrow. An *open* reference can have values without a match:
the target is deprecated or rejected, or its pipeline was not part of the run.

`

// TestDocumentedTables compares docs/tables.md with the shipped specs.
func TestDocumentedTables(t *testing.T) {
	var b, releases strings.Builder
	b.WriteString(tablesHead)
	for _, plan := range shippedPlans(t) {
		if strings.HasPrefix(plan.Spec.File, "releases/") {
			fmt.Fprintf(&releases, "| `%s` | `%s` | %s | %d |\n", strings.TrimSuffix(plan.Spec.File, ".yaml"), plan.From(),
				tableText(plan.Spec.Tables[0].Doc), len(plan.Tables[0].Columns))
			continue
		}
		fmt.Fprintf(&b, "## %s\n\n%s Read from `%s`%s.\n\n", plan.Spec.Name, plan.Spec.Description, plan.From(), scopeText(plan))
		b.WriteString("| table | rows | key | columns | references |\n| --- | --- | --- | --- | --- |\n")
		for i, table := range plan.Tables {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %d | %s |\n", table.Name, tableText(table.Doc), strings.Join(table.Key, ", "), len(table.Columns), referencesText(plan, i))
		}
		b.WriteString("\n")
	}
	b.WriteString("## The official releases\n\nThese pipelines rebuild the TSV files that CIViC publishes. Each has one table with the columns of the file. `variants_vcf`\nwrites a VCF file for each build; [spec.md](spec.md#vcf) describes the format.\n\n" +
		"| pipeline | of | rows | columns |\n| --- | --- | --- | --- |\n" + releases.String())
	testkit.Golden(t, "../docs/tables.md", b.String())
}

func scopeText(plan *plan.Plan) string {
	text := plan.Schema.ArgsText(plan.Connection, plan.Spec.Extract.Args)
	if text == "" {
		return ""
	}
	return " with `" + text + "`"
}

func tableText(doc string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(doc), " "), "|", `\|`)
}

func referencesText(plan *plan.Plan, table int) string {
	var parts []string
	for _, c := range plan.Checks[table] {
		if c.Kind != "references" {
			continue
		}
		to := c.Table
		switch {
		case c.Sibling >= 0:
			to = plan.Tables[c.Sibling].Name
		case to == "":
			to = path.Base(c.To)
		}
		text := fmt.Sprintf("%s → %s.%s", strings.Join(c.Columns, ", "), to, strings.Join(c.Keys, ", "))
		if c.Optional {
			text += " *open*"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "<br>")
}

// TestDocumentedColumns finds each table.column of docs/civicpy.md in a shipped table.
func TestDocumentedColumns(t *testing.T) {
	text, err := os.ReadFile("../docs/civicpy.md")
	if err != nil {
		t.Fatal(err)
	}
	columns, tables := map[string]bool{}, map[string]bool{}
	for _, plan := range shippedPlans(t) {
		if strings.HasPrefix(plan.Spec.File, "releases/") {
			continue
		}
		for _, table := range plan.Tables {
			tables[table.Name] = true
			for _, c := range table.Columns {
				columns[table.Name+"."+c.Name] = true
			}
		}
	}
	named := regexp.MustCompile("`([a-z0-9_]+)\\.([a-z0-9_]+)`").FindAllStringSubmatch(string(text), -1)
	if len(named) < 150 {
		t.Fatalf("only %d columns are named", len(named))
	}
	for _, m := range named {
		if !columns[m[1]+"."+m[2]] {
			t.Errorf("%s.%s: no shipped table has it", m[1], m[2])
		}
	}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 5 || strings.Contains(line, "---") || strings.Contains(cells[1], "CIViCpy") {
			continue
		}
		if where := strings.TrimSpace(cells[2]); where == "" || where == "–" && strings.TrimSpace(cells[3]) == "" {
			t.Errorf("%s: neither where it is, nor why it is not", strings.TrimSpace(line))
		}
	}
}
