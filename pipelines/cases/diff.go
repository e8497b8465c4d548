package cases

import (
	"fmt"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/schemas"
)

// rowDiff compares the rows of one table with those that a case wants.
type rowDiff struct {
	table *schemas.Table
	wants []want
	rows  [][]any
}

// lines describes every difference. Rows are matched by the table's key if the wanted rows have it, else by position.
func (d *rowDiff) lines() []string {
	var all []string
	wanted, got, ok := d.byKey()
	if !ok {
		wanted, got = numbered(len(d.wants)), numbered(len(d.rows))
		if len(got) != len(wanted) {
			all = append(all, fmt.Sprintf("%s: %d rows, want %d", d.table.Name, len(got), len(wanted)))
		}
	}
	rows := map[string][]any{}
	for i, name := range got {
		rows[name] = d.rows[i]
	}
	for i, name := range wanted {
		row, found := rows[name]
		if !found {
			all = append(all, fmt.Sprintf("%s%s, %s: this row is missing", placeOf(d.wants[i].pos), d.table.Name, name))
			continue
		}
		delete(rows, name)
		all = append(all, d.row(name, d.wants[i], row)...)
	}
	for i, name := range got {
		if _, left := rows[name]; left {
			all = append(all, d.unexpected(name, d.rows[i]))
		}
	}
	return all
}

// byKey names the rows by their keys. ok is false if a wanted row lacks a part of its key, or if two rows share one.
func (d *rowDiff) byKey() (wanted, got []string, ok bool) {
	keys := checks.Indexes(d.table, d.table.Key)
	for _, w := range d.wants {
		row := make([]any, len(d.table.Columns))
		for _, k := range keys {
			at := slices.IndexFunc(w.cells, func(c wantCell) bool { return c.column == k })
			if at < 0 {
				return nil, nil, false
			}
			row[k] = w.cells[at].value
		}
		wanted = append(wanted, d.keyText(keys, row))
	}
	for _, row := range d.rows {
		got = append(got, d.keyText(keys, row))
	}
	return wanted, got, len(keys) > 0 && distinct(wanted) && distinct(got)
}

// keyText is a row's key in a message: `id 7`.
func (d *rowDiff) keyText(keys []int, row []any) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = d.table.Columns[k].Name + " " + showValue(row[k])
	}
	return strings.Join(parts, ", ")
}

func distinct(names []string) bool {
	return len(slices.Compact(slices.Sorted(slices.Values(names)))) == len(names)
}

func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("row %d", i+1)
	}
	return names
}

func (d *rowDiff) row(name string, w want, row []any) []string {
	var all []string
	for _, c := range w.cells {
		if got := row[c.column]; !equal(c.value, got) {
			wanted, found := shown(c.value, got)
			all = append(all, fmt.Sprintf("%s%s, %s: %s\n    want %s\n    got  %s",
				placeOf(c.pos), d.table.Name, name, d.table.Columns[c.column].Name, wanted, found))
		}
	}
	return all
}

// unexpected describes an extra row, in one line.
func (d *rowDiff) unexpected(name string, row []any) string {
	parts := make([]string, len(row))
	for i, v := range row {
		parts[i] = d.table.Columns[i].Name + ": " + showValue(v)
	}
	return fmt.Sprintf("%s, %s: this row is not wanted\n    got  {%s}",
		d.table.Name, name, clipped([]rune(strings.Join(parts, ", ")), 0))
}

// placeOf is the prefix of a message with a position in the file of cases.
func placeOf(pos document.Pos) string {
	if pos.Line == 0 {
		return ""
	}
	return fmt.Sprintf("%d:%d: ", pos.Line, pos.Col)
}
