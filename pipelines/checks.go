package pipelines

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/zeebo/xxh3"

	"github.com/civic-etl/civic-etl/schemas"
)

// examples bounds how many offending values a failed check names.
const examples = 5

// rule is one data check. It sees every batch of its table in order, and says
// at the end what is wrong, or nil.
type rule interface {
	observe(batch arrow.RecordBatch)
	verdict() error
}

// checks are the rules of all tables, by table.
type checks [][]rule

func (c checks) observe(table int, batch arrow.RecordBatch) {
	for _, r := range c[table] {
		r.observe(batch)
	}
}

func (c checks) verdicts() []error {
	var failures []error
	for _, rules := range c {
		for _, r := range rules {
			if err := r.verdict(); err != nil {
				failures = append(failures, err)
			}
		}
	}
	return failures
}

// uniqueRule remembers the values of every row: an integer column in a
// compressed bitmap, anything else as a 128-bit hash, the one check whose
// memory grows with the table. As in SQL, rows with a null are never the same.
type uniqueRule struct {
	name    string
	columns []int
	ids     *roaring64.Bitmap
	seen    map[xxh3.Uint128]struct{}
	repeats int
	shown   []string
	key     []byte
}

func newUnique(table *schemas.Table, names []string) rule {
	return &uniqueRule{
		name: fmt.Sprintf("%s: unique [%s]", table.Name, strings.Join(names, ", ")), columns: indexes(table, names),
		ids: roaring64.New(), seen: map[xxh3.Uint128]struct{}{},
	}
}

func (r *uniqueRule) observe(batch arrow.RecordBatch) {
	for row := range int(batch.NumRows()) {
		if !r.add(batch, row) {
			r.repeats++
			r.shown = example(r.shown, rowText(batch, r.columns, row))
		}
	}
}

// add says whether the row is the first with its values.
func (r *uniqueRule) add(batch arrow.RecordBatch, row int) bool {
	r.key = r.key[:0]
	for _, c := range r.columns {
		column := batch.Column(c)
		if column.IsNull(row) {
			return true
		}
		if ids, ok := column.(*array.Int64); ok && len(r.columns) == 1 {
			return r.ids.CheckedAdd(uint64(ids.Value(row)))
		}
		text := column.ValueStr(row)
		r.key = append(fmt.Appendf(r.key, "%d:", len(text)), text...)
	}
	sum := xxh3.Hash128(r.key)
	_, repeated := r.seen[sum]
	r.seen[sum] = struct{}{}
	return !repeated
}

func (r *uniqueRule) verdict() error {
	if r.repeats == 0 {
		return nil
	}
	return fmt.Errorf("%s: %d rows repeat an earlier one, such as %s", r.name, r.repeats, strings.Join(r.shown, "; "))
}

type notNullRule struct {
	table   *schemas.Table
	columns []int
	nulls   []int64
}

func newNotNull(table *schemas.Table, names []string) rule {
	return &notNullRule{table: table, columns: indexes(table, names), nulls: make([]int64, len(names))}
}

func (r *notNullRule) observe(batch arrow.RecordBatch) {
	for i, c := range r.columns {
		r.nulls[i] += int64(batch.Column(c).NullN())
	}
}

func (r *notNullRule) verdict() error {
	var faults []string
	for i, n := range r.nulls {
		if n > 0 {
			faults = append(faults, fmt.Sprintf("%s is null in %d rows", r.table.Columns[r.columns[i]].Name, n))
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("%s: not_null: %s", r.table.Name, strings.Join(faults, ", "))
}

type valuesRule struct {
	name    string
	column  int
	allowed []string
	others  int
	shown   []string
}

func newValues(table *schemas.Table, column string, allowed []string) rule {
	return &valuesRule{
		name: fmt.Sprintf("%s: values of %s", table.Name, column), column: table.Index(column), allowed: allowed,
	}
}

func (r *valuesRule) observe(batch arrow.RecordBatch) {
	column := batch.Column(r.column)
	for row := range column.Len() {
		if column.IsNull(row) || slices.Contains(r.allowed, column.ValueStr(row)) {
			continue
		}
		r.others++
		r.shown = example(r.shown, plain(column.ValueStr(row)))
	}
}

func (r *valuesRule) verdict() error {
	if r.others == 0 {
		return nil
	}
	return fmt.Errorf("%s: %d rows have another value than %s: %s", r.name, r.others, strings.Join(r.allowed, ", "), strings.Join(r.shown, ", "))
}

// countRule compares the number of rows with the least there may be.
type countRule struct {
	rows, least int64
	what        string // why so many: `min_rows`, `max_shrink 5% of the former 4,842`
}

func (r *countRule) observe(batch arrow.RecordBatch) { r.rows += batch.NumRows() }

func (r *countRule) verdict() error {
	if r.rows >= r.least {
		return nil
	}
	return fmt.Errorf("%s: %d rows, at least %d are wanted", r.what, r.rows, r.least)
}

func indexes(table *schemas.Table, names []string) []int {
	at := make([]int, len(names))
	for i, name := range names {
		at[i] = table.Index(name)
	}
	return at
}

func rowText(batch arrow.RecordBatch, columns []int, row int) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = batch.ColumnName(c) + "=" + plain(batch.Column(c).ValueStr(row))
	}
	return strings.Join(parts, " ")
}

// example keeps a value to show, a few at most, none twice.
func example(shown []string, text string) []string {
	if len(shown) >= examples || slices.Contains(shown, text) {
		return shown
	}
	return append(shown, text)
}

// longest is how many characters of a value are shown.
const longest = 60

// plain is a value as a message can show it: in quotes if its bounds would not
// be seen or it would do something to a terminal, and not too long.
func plain(text string) string {
	odd := func(r rune) bool { return !unicode.IsPrint(r) || strings.ContainsRune(`",;`, r) }
	if short := []rune(text); len(short) > longest {
		text = string(short[:longest]) + "…"
	}
	if text == "" || strings.TrimSpace(text) != text || strings.ContainsFunc(text, odd) {
		return strconv.Quote(text)
	}
	return text
}
