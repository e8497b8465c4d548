package cases

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/civic-etl/civic-etl/pipelines"
	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/pipelines/plan"
	"github.com/civic-etl/civic-etl/schemas"
)

// Update replaces wanted rows by the actual ones where they differ, and counts the changed cases. It keeps the rest of
// the author's text, with comments, except inside the rows. Save writes the result.
//
// It edits lines and not nodes, since an encoder of YAML would format the author's text anew.
func (c *Cases) Update(results []Result) (updated *Cases, changed int, err error) {
	if c.spec.Embedded {
		return nil, 0, fmt.Errorf("the cases of %s are in the binary; name a spec file to update its cases", c.spec.Name)
	}
	lines := strings.SplitAfter(string(c.text), "\n")
	for _, r := range slices.Backward(results) { // so that positions stay valid
		if r.outcome == nil || !r.of.rowsDiffer(r.outcome) {
			continue
		}
		if lines, err = r.of.replaceRows(lines, r.outcome); err != nil {
			return nil, 0, fmt.Errorf("%s:%d:%d: case %s: %w", c.File, r.Pos.Line, r.Pos.Col, wording.Quote(r.Name), err)
		}
		changed++
	}
	updated, err = c.confirmed(strings.Join(lines, ""), results)
	return updated, changed, err
}

// confirmed reads the new text again and compares its rows with the results.
func (c *Cases) confirmed(text string, results []Result) (*Cases, error) {
	again, err := Read(c.spec, pipelines.File{Name: c.File, Data: []byte(text)}, c.given)
	if err != nil {
		return nil, fmt.Errorf("cannot update the rows in %s; write them by hand: %w", c.File, err)
	}
	for _, r := range results {
		i := slices.IndexFunc(again.cases, func(t testCase) bool { return t.name == r.Name })
		if i < 0 || r.outcome != nil && again.cases[i].rowsDiffer(r.outcome) {
			return nil, fmt.Errorf("cannot update the rows of case %s in %s; write them by hand",
				wording.Quote(r.Name), c.File)
		}
	}
	return again, nil
}

func (c *testCase) rowsDiffer(o *outcome) bool {
	if c.unwritten() {
		return true
	}
	for i, table := range c.plan.Tables {
		if c.tables[i] != nil && len((&rowDiff{table: table, wants: c.tables[i], rows: o.tables[i]}).lines()) > 0 {
			return true
		}
	}
	return false
}

// keyAt is the position of a key of the case, unless it is merged.
func (c *testCase) keyAt(key string) document.Pos {
	if e := c.Node.Entry(key); e != nil && !e.Merged {
		return e.Pos
	}
	return document.Pos{}
}

var (
	beforeKey = regexp.MustCompile(`^[ -]*$`)
	bareKey   = regexp.MustCompile(`^rows:[ \t]*(#.*)?\r?\n?$`)
)

// replaceRows replaces the value of the case's `rows:` by the rows of an outcome.
func (c *testCase) replaceRows(lines []string, o *outcome) ([]string, error) {
	key := c.keyAt("rows")
	if key.Line == 0 {
		return nil, errors.New("its rows come from an anchor; write them by hand")
	}
	line := lines[key.Line-1]
	before := string([]rune(line)[:key.Col-1])
	if !beforeKey.MatchString(before) {
		return nil, errors.New("it is written in { }; give each of its keys a line for --update")
	}
	head := line
	if !bareKey.MatchString(line[len(before):]) {
		head = before + "rows:\n"
	}
	if !strings.HasSuffix(head, "\n") {
		head += "\n"
	}
	end := blockEnd(lines, key.Line, key.Col-1)
	rows := c.rowsText(o, strings.Repeat(" ", key.Col+1))
	if rows == "" {
		head = before + "rows: []\n"
	}
	return slices.Concat(lines[:key.Line-1], []string{head, rows}, lines[end:]), nil
}

// blockEnd is the index after the last line of the value of a key. The key is in the line before `from`, at column
// indent. Comments at this column or before it belong to the next value.
func blockEnd(lines []string, from, indent int) int {
	end := from
	for i := from; i < len(lines); i++ {
		text := strings.TrimRight(lines[i], " \t\r\n")
		inner := len(text) - len(strings.TrimLeft(text, " "))
		switch {
		case text == "" || strings.HasPrefix(text[inner:], "#") && inner <= indent:
			continue
		case inner > indent, inner == indent && strings.HasPrefix(text[inner:], "- "):
			end = i + 1
		default:
			return end
		}
	}
	return end
}

// rowsText is the YAML of the rows, in the tables and columns of the case; all if its rows are empty.
func (c *testCase) rowsText(o *outcome, indent string) string {
	var b strings.Builder
	for i, table := range c.plan.Tables {
		if c.tables[i] == nil && !c.unwritten() {
			continue
		}
		at := indent
		if c.plan.Spec.Has("tables") {
			if len(o.tables[i]) == 0 {
				fmt.Fprintf(&b, "%s%s: []\n", indent, table.Name)
				continue
			}
			fmt.Fprintf(&b, "%s%s:\n", indent, table.Name)
			at += "  "
		}
		columns := columnsOf(c.tables[i], table)
		for _, row := range o.tables[i] {
			writeRow(&b, at, table, columns, row)
		}
	}
	return b.String()
}

// columnsOf are the columns of the wanted rows, or all.
func columnsOf(wants []want, table *schemas.Table) []int {
	if len(wants) == 0 {
		return checks.Indexes(table, plan.ColumnNamesOf(table))
	}
	var columns []int
	for _, w := range wants {
		for _, c := range w.cells {
			if !slices.Contains(columns, c.column) {
				columns = append(columns, c.column)
			}
		}
	}
	return columns
}

const lineLength = 140

func writeRow(b *strings.Builder, indent string, table *schemas.Table, columns []int, row []any) {
	parts := make([]string, len(columns))
	for i, column := range columns {
		parts[i] = yamlText(table.Columns[column].Name) + ": " + yamlValue(row[column])
	}
	line := fmt.Sprintf("%s- {%s}", indent, strings.Join(parts, ", "))
	if utf8.RuneCountInString(line) > lineLength {
		line = indent + "- " + strings.Join(parts, "\n  "+indent)
	}
	b.WriteString(line + "\n")
}

func yamlValue(v any) string {
	switch v := v.(type) {
	case string:
		return yamlText(v)
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = yamlValue(e)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return strings.Trim(showValue(v), `"`)
}

var bareText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./()+-]*( [A-Za-z0-9_./()+-]+)*$`)

// yamlText is a text as YAML, without quotes if every reader of YAML reads a text.
func yamlText(text string) string {
	_, isText := document.Resolve(text).(string)
	switch strings.ToLower(text) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		isText = false
	}
	if isText && bareText.MatchString(text) {
		return text
	}
	return string(appendJSON(nil, text))
}
