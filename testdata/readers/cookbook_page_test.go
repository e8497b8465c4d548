package readers

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// cookbook is docs/cookbook.md.
type cookbook struct {
	file, text string
	questions  []question
}

// question is one section of it: the queries, and the answer below them.
type question struct {
	title, duckdb, spark, answer string
}

var (
	section  = regexp.MustCompile(`(?m)^## (\d+\..*)\n`)
	queries  = regexp.MustCompile("(?s)```sql\n-- DuckDB\n(.*?);\n```\n\n```sql\n-- Spark\n(.*?);\n```\n(.*)")
	notWords = regexp.MustCompile(`[^a-z0-9]+`)
)

// readCookbook reads the page; a section without both queries fails the test.
func readCookbook(t *testing.T) *cookbook {
	t.Helper()
	page := &cookbook{file: filepath.Join(root, "docs", "cookbook.md")}
	text, err := os.ReadFile(page.file)
	if err != nil {
		t.Fatal(err)
	}
	page.text = string(text)
	starts := section.FindAllStringSubmatchIndex(page.text, -1)
	for _, at := range starts {
		end := len(page.text)
		if next := strings.Index(page.text[at[1]:], "\n## "); next >= 0 {
			end = at[1] + next + 1
		}
		if i := strings.Index(page.text[at[1]:end], "\n## "); i >= 0 { // a section without a number
			end = at[1] + i + 1
		}
		q := question{title: page.text[at[2]:at[3]]}
		found := queries.FindStringSubmatch(page.text[at[1]:end])
		if found == nil {
			t.Fatalf("%s: %q has no DuckDB query with its Spark twin below it", page.file, q.title)
		}
		q.duckdb, q.spark, q.answer = found[1], found[2], found[3]
		page.questions = append(page.questions, q)
	}
	if len(page.questions) < 4 {
		t.Fatalf("%s asks %d questions", page.file, len(page.questions))
	}
	return page
}

// name is the question's in file and test names.
func (q question) name() string {
	return strings.Trim(notWords.ReplaceAllString(strings.ToLower(q.title), "-"), "-")
}

// blocks are a page's blocks of one language.
func blocks(text, language string) []string {
	var out []string
	for _, m := range docBlock.FindAllStringSubmatch(text, -1) {
		if m[1] == language {
			out = append(out, m[2])
		}
	}
	return out
}

// set puts an answer below a question's queries.
func (page *cookbook) set(q question, answer string) {
	twin := "-- Spark\n" + q.spark + ";\n```\n"
	page.text = strings.Replace(page.text, twin+q.answer, twin+answer, 1)
}

func (page *cookbook) write(t *testing.T) {
	t.Helper()
	if err := os.WriteFile(page.file, []byte(strings.TrimRight(page.text, "\n")+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
}

// shownRows is how much of an answer the page shows.
const shownRows = 10

// markdown is an answer as the page shows it.
func markdown(t *testing.T, r *relation) string {
	t.Helper()
	var b strings.Builder
	names, rules := make([]string, len(r.columns)), make([]string, len(r.columns))
	for i, c := range r.columns {
		names[i], rules[i] = c.name, "---"
	}
	fmt.Fprintf(&b, "\n%s%s", line(names), line(rules))
	for _, row := range r.rows[:min(shownRows, len(r.rows))] {
		var values []any
		if err := decode([]byte(row), &values); err != nil {
			t.Fatal(err)
		}
		cells := make([]string, len(values))
		for i, v := range values {
			cells[i] = cell(r.columns[i].typ, v)
		}
		b.WriteString(line(cells))
	}
	if n := len(r.rows); n > shownRows {
		fmt.Fprintf(&b, "\nThe first %d of %d rows.\n", shownRows, n)
	}
	b.WriteString("\n")
	return b.String()
}

func line(cells []string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// cell is one value, in canonical form, as a cell of a Markdown table.
func cell(typ string, v any) string {
	switch list, ok := v.([]any); {
	case v == nil:
		return ""
	case ok:
		parts := make([]string, len(list))
		for i, e := range list {
			parts[i] = cell(strings.TrimSuffix(typ, "[]"), e)
		}
		return strings.Join(parts, ", ")
	case typ == "TIMESTAMP WITH TIME ZONE":
		return time.UnixMicro(number(v)).UTC().Format("2006-01-02 15:04")
	}
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(fmt.Sprint(v))
}
