package checks

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
	"github.com/civic-etl/civic-etl/schemas"
)

// uniqueRule finds repeated keys. As in SQL, rows with a null are never equal.
type uniqueRule struct {
	rowNames
	columns   []int
	seen      *keySet
	repeats   int64
	shownKeys map[key]bool // each is shown once
	shown     wording.Examples
}

func (r *uniqueRule) observe(batch arrow.RecordBatch) {
	values := newKeyColumns(batch, r.columns)
	for row := range int(batch.NumRows()) {
		k, whole := values.row(row)
		if !whole || r.seen.add(k) {
			continue
		}
		r.repeats++
		if r.shownKeys[k] || len(r.shownKeys) >= wording.MostExamples {
			continue
		}
		r.shownKeys[k] = true
		r.shown.Add(func() string {
			if slices.Equal(r.columns, r.keys) {
				return values.named(row)
			}
			return fmt.Sprintf("%s (%s)", values.named(row), r.name(batch, row))
		})
	}
	r.next(batch)
}

func (r *uniqueRule) verdict(context.Context) (string, error) {
	if r.repeats == 0 {
		return "", nil
	}
	return fmt.Sprintf("%s an earlier one: %s",
		wording.Verb(r.repeats, "row", "repeats", "repeat"), r.shown.Text(r.repeats)), nil
}

type notNullRule struct {
	rowNames
	table   *schemas.Table
	columns []int
	nulls   []nulls
}

type nulls struct {
	count int64
	shown wording.Examples
}

func (r *notNullRule) observe(batch arrow.RecordBatch) {
	for i, c := range r.columns {
		column, found := batch.Column(c), &r.nulls[i]
		found.count += int64(column.NullN())
		for row := 0; column.NullN() > 0 && row < column.Len() && !found.shown.Full(); row++ {
			if column.IsNull(row) {
				found.shown.Add(func() string { return r.name(batch, row) })
			}
		}
	}
	r.next(batch)
}

func (r *notNullRule) verdict(context.Context) (string, error) {
	var faults []string
	for i, n := range r.nulls {
		if n.count > 0 {
			name := r.table.Columns[r.columns[i]].Name
			faults = append(faults,
				fmt.Sprintf("%s is null in %s: %s", name, wording.Counted(n.count, "row"), n.shown.Text(n.count)))
		}
	}
	return strings.Join(faults, "; "), nil
}

// valuesRule checks every value of a column; of lists, every element.
type valuesRule struct {
	rowNames
	column  int
	allowed []string
	rows    int64
	shown   wording.Examples
	others  *keySet // distinct values that are not allowed
}

func (r *valuesRule) observe(batch arrow.RecordBatch) {
	column := batch.Column(r.column)
	for row := range column.Len() {
		if value, odd := r.odd(column, row); odd {
			r.rows++
			if r.others.add(textKey(value)) {
				r.shown.Add(func() string { return wording.Quote(value) + " (" + r.name(batch, row) + ")" })
			}
		}
	}
	r.next(batch)
}

func (r *valuesRule) odd(column arrow.Array, row int) (string, bool) {
	if column.IsNull(row) {
		return "", false
	}
	from, end := int64(row), int64(row)+1
	if list, ok := column.(*array.List); ok {
		from, end = list.ValueOffsets(row)
		column = list.ListValues()
	}
	for ; from < end; from++ {
		if i := int(from); !column.IsNull(i) && !slices.Contains(r.allowed, column.ValueStr(i)) {
			return strings.Clone(column.ValueStr(i)), true
		}
	}
	return "", false
}

func (r *valuesRule) verdict(context.Context) (string, error) {
	if r.rows == 0 {
		return "", nil
	}
	return fmt.Sprintf("%s another value than %s: %s", wording.Verb(r.rows, "row", "has", "have"),
		strings.Join(r.allowed, ", "), r.shown.Text(r.others.size())), nil
}

type minRowsRule struct {
	rows, min int64
	key       string
}

func (r *minRowsRule) observe(batch arrow.RecordBatch) { r.rows += batch.NumRows() }

func (r *minRowsRule) verdict(context.Context) (string, error) {
	if r.rows >= r.min {
		return "", nil
	}
	return fmt.Sprintf("%s; the minimum is %d; for a smaller scope add --set '%s=%d'",
		wording.Counted(r.rows, "row"), r.min, r.key, r.rows), nil
}
