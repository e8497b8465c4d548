package cases

import (
	"fmt"
	"slices"
	"strings"

	"github.com/civic-etl/civic-etl/pipelines/checks"
	"github.com/civic-etl/civic-etl/pipelines/document"
	"github.com/civic-etl/civic-etl/schemas"
)

// rowDiff holds the rows of one table against those a case wants.
type rowDiff struct {
	table *schemas.Table
	wants []want
	rows  [][]any
}

// lines says every difference. Rows are told apart by the table's key where the
// wanted ones give it, else by their place.
func (d *rowDiff) lines() []string {
	keys, byKey := d.keys()
	if byKey {
		return d.byKey(keys)
	}
	var all []string
	if len(d.rows) != len(d.wants) {
		all = append(all, fmt.Sprintf("%s: %d rows, %d are wanted", d.table.Name, len(d.rows), len(d.wants)))
	}
	for i := range max(len(d.rows), len(d.wants)) {
		switch {
		case i >= len(d.wants):
			all = append(all, d.unexpected(fmt.Sprintf("row %d", i+1), d.rows[i]))
		case i >= len(d.rows):
			all = append(all, fmt.Sprintf("%s%s: there is no row %d", placeOf(d.wants[i].pos), d.table.Name, i+1))
		default:
			all = append(all, d.row(fmt.Sprintf("row %d", i+1), d.wants[i], d.rows[i])...)
		}
	}
	return all
}

// keys are the key columns' places, if every wanted row gives all of them and no
// two rows share their values.
func (d *rowDiff) keys() (keys []int, unique bool) {
	if len(d.table.Key) == 0 {
		return nil, false
	}
	keys = checks.Indexes(d.table, d.table.Key)
	seen := map[string]bool{}
	for _, w := range d.wants {
		text, whole := w.keyText(d.table, keys)
		if !whole || seen[text] {
			return nil, false
		}
		seen[text] = true
	}
	clear(seen)
	for _, row := range d.rows {
		text := keyText(d.table, keys, row)
		if seen[text] {
			return nil, false
		}
		seen[text] = true
	}
	return keys, true
}

func (w want) keyText(table *schemas.Table, keys []int) (string, bool) {
	row := make([]any, len(table.Columns))
	for _, k := range keys {
		at := slices.IndexFunc(w.cells, func(c wantCell) bool { return c.column == k })
		if at < 0 {
			return "", false
		}
		row[k] = w.cells[at].value
	}
	return keyText(table, keys, row), true
}

// keyText is a row's key as it is shown: `id 7`.
func keyText(table *schemas.Table, keys []int, row []any) string {
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = table.Columns[k].Name + " " + showValue(row[k])
	}
	return strings.Join(parts, ", ")
}

func (d *rowDiff) byKey(keys []int) []string {
	rows := map[string][]any{}
	for _, row := range d.rows {
		rows[keyText(d.table, keys, row)] = row
	}
	var all []string
	for _, w := range d.wants {
		name, _ := w.keyText(d.table, keys)
		row, there := rows[name]
		if !there {
			all = append(all, fmt.Sprintf("%s%s: there is no row with %s", placeOf(w.pos), d.table.Name, name))
			continue
		}
		delete(rows, name)
		all = append(all, d.row(name, w, row)...)
	}
	for _, row := range d.rows {
		name := keyText(d.table, keys, row)
		if _, left := rows[name]; left {
			all = append(all, d.unexpected(name, row))
		}
	}
	return all
}

// row compares the columns that a wanted row gives.
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

// unexpected is a row too many, with its columns up to a line's length.
func (d *rowDiff) unexpected(name string, row []any) string {
	parts := make([]string, len(row))
	for i, v := range row {
		parts[i] = d.table.Columns[i].Name + ": " + showValue(v)
	}
	return fmt.Sprintf("%s, %s: this row is not wanted\n    got  {%s}", d.table.Name, name, clipped([]rune(strings.Join(parts, ", ")), 0))
}

// placeOf is where in the file of cases something stands, to begin a line with.
func placeOf(pos document.Pos) string {
	if pos.Line == 0 {
		return ""
	}
	return fmt.Sprintf("%d:%d: ", pos.Line, pos.Col)
}
