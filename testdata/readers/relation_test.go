package readers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// column is a column as a reader describes it; the type is DuckDB's name of it.
type column struct{ name, typ string }

// relation is what a reader saw, or what it should have seen. Every row is the
// JSON text of its values in canonical form, so that rows compare as text:
// timestamps are microseconds since the epoch, dates days, doubles the shortest
// text that reads back the same.
type relation struct {
	columns []column
	rows    []string
}

// add appends a row of values, in the order of the columns, each in any form
// that a reader or the oracle gives.
func (r *relation) add(values []any) error {
	row := make([]any, len(values))
	for i, v := range values {
		c, err := canonical(r.columns[i].typ, v)
		if err != nil {
			return fmt.Errorf("row %d, column %s: %w", len(r.rows), r.columns[i].name, err)
		}
		row[i] = c
	}
	text, err := marshal(row)
	r.rows = append(r.rows, text)
	return err
}

func marshal(v any) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// canonical turns a value of the named DuckDB type into the form that rows are
// compared in. What does not fit the type is an error, never a conversion.
func canonical(typ string, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	if element, ok := strings.CutSuffix(typ, "[]"); ok {
		return canonicalList(element, v)
	}
	switch typ {
	case "BIGINT", "INTEGER":
		return canonicalInt(typ, v)
	case "DOUBLE":
		return canonicalDouble(v)
	case "BOOLEAN":
		if b, ok := v.(bool); ok {
			return b, nil
		}
	case "VARCHAR":
		if s, ok := v.(string); ok {
			return s, nil
		}
	case "TIMESTAMP WITH TIME ZONE":
		return canonicalTime(v, time.RFC3339Nano, time.Microsecond)
	case "DATE":
		return canonicalTime(v, time.DateOnly, 24*time.Hour)
	}
	return nil, fmt.Errorf("%T %v is no %s", v, v, typ)
}

func canonicalList(element string, v any) (any, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("%T %v is no list", v, v)
	}
	out := make([]any, len(list))
	for i, e := range list {
		c, err := canonical(element, e)
		if err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
		out[i] = c
	}
	return out, nil
}

func canonicalInt(typ string, v any) (any, error) {
	var n int64
	switch v := v.(type) {
	case int64:
		n = v
	case int32:
		n = int64(v)
	case int:
		n = int64(v)
	case json.Number:
		parsed, err := strconv.ParseInt(v.String(), 10, 64)
		if err != nil {
			return nil, err
		}
		n = parsed
	default:
		return nil, fmt.Errorf("%T %v is no %s", v, v, typ)
	}
	if typ == "INTEGER" && (n < math.MinInt32 || n > math.MaxInt32) {
		return nil, fmt.Errorf("%d is no INTEGER", n)
	}
	return n, nil
}

func canonicalDouble(v any) (any, error) {
	switch v := v.(type) {
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	case json.Number:
		return canonicalDouble(v.String())
	case string:
		f, err := strconv.ParseFloat(v, 64)
		if err != nil {
			return nil, err
		}
		return canonicalDouble(f)
	}
	return nil, fmt.Errorf("%T %v is no DOUBLE", v, v)
}

// canonicalTime counts units since the epoch.
func canonicalTime(v any, layout string, unit time.Duration) (any, error) {
	switch v := v.(type) {
	case time.Time:
		return v.UnixMicro() / unit.Microseconds(), nil
	case json.Number:
		return v.Int64()
	case string:
		at, err := time.Parse(layout, v)
		if err != nil {
			return nil, err
		}
		return canonicalTime(at, layout, unit)
	}
	return nil, fmt.Errorf("%T %v is no time", v, v)
}

// textual is the relation with the named columns as text: what a reader gives
// that takes partition values from paths as they are.
func (r *relation) textual(names []string) *relation {
	out := &relation{columns: slices.Clone(r.columns)}
	for i, c := range out.columns {
		if slices.Contains(names, c.name) {
			out.columns[i].typ = "VARCHAR"
		}
	}
	for _, row := range r.rows {
		var values []any
		if err := decode([]byte(row), &values); err != nil {
			panic(err)
		}
		for i, v := range values {
			if n, ok := v.(json.Number); ok && out.columns[i].typ == "VARCHAR" {
				values[i] = n.String()
			}
		}
		text, err := marshal(values)
		if err != nil {
			panic(err)
		}
		out.rows = append(out.rows, text)
	}
	return out
}

func (r *relation) arranged(order []int) *relation {
	out := &relation{}
	for _, i := range order {
		out.columns = append(out.columns, r.columns[i])
	}
	for _, row := range r.rows {
		values, picked := split(row), []json.RawMessage{}
		for _, i := range order {
			picked = append(picked, values[i])
		}
		text, err := marshal(picked)
		if err != nil {
			panic(err)
		}
		out.rows = append(out.rows, text)
	}
	return out
}

// like is the relation with its columns in the order of another: a partition
// column comes last from every reader, wherever the spec has it.
func (r *relation) like(t *testing.T, other *relation) *relation {
	t.Helper()
	var order []int
	for _, c := range other.columns {
		i := slices.IndexFunc(r.columns, func(have column) bool { return have.name == c.name })
		if i < 0 {
			t.Fatalf("column %s is missing in %v", c.name, r.columns)
		}
		order = append(order, i)
	}
	if len(r.columns) != len(other.columns) {
		t.Fatalf("columns %v, want %v", r.columns, other.columns)
	}
	if slices.IsSorted(order) {
		return r
	}
	return r.arranged(order)
}

// same fails the test unless both hold the same columns, by name and type, and
// the same rows the same number of times. The order of rows counts if ordered.
func same(t *testing.T, what string, want, got *relation, ordered bool) {
	t.Helper()
	got = got.like(t, want)
	if !slices.Equal(want.columns, got.columns) {
		t.Errorf("%s: columns\n got %v\nwant %v", what, got.columns, want.columns)
	}
	if slices.Equal(want.rows, got.rows) {
		return
	}
	left, right := slices.Clone(want.rows), slices.Clone(got.rows)
	slices.Sort(left)
	slices.Sort(right)
	missing, extra := except(left, right), except(right, left)
	if len(missing)+len(extra) == 0 {
		if ordered {
			t.Errorf("%s: the rows are right, their order is not: row %d", what, firstDifference(want.rows, got.rows))
		}
		return
	}
	t.Errorf("%s: %d rows, want %d; %d missing, %d not expected\n%s",
		what, len(got.rows), len(want.rows), len(missing), len(extra), want.differences(missing, extra))
}

// differences shows, for the first few rows that are missing, the row that came
// instead (the one with the same first value), column by column.
func (r *relation) differences(missing, extra []string) string {
	var b strings.Builder
	for _, row := range missing[:min(3, len(missing))] {
		want := split(row)
		i := slices.IndexFunc(extra, func(other string) bool { return slices.Equal(split(other)[0], want[0]) })
		if i < 0 {
			fmt.Fprintf(&b, "missing: %.1000s\n", row)
			continue
		}
		fmt.Fprintf(&b, "row %s:\n", want[0])
		for c, got := range split(extra[i]) {
			if !slices.Equal(got, want[c]) {
				fmt.Fprintf(&b, "  %s: got %.500s, want %.500s\n", r.columns[c].name, got, want[c])
			}
		}
	}
	if len(missing) == 0 {
		fmt.Fprintf(&b, "not expected: %.1000s\n", extra[0])
	}
	return b.String()
}

// split gives the values of a row as JSON texts.
func split(row string) []json.RawMessage {
	var values []json.RawMessage
	if err := json.Unmarshal([]byte(row), &values); err != nil {
		panic(err)
	}
	return values
}

// except gives the rows of a that b lacks, counting repeats; both are sorted.
func except(a, b []string) []string {
	var out []string
	for _, row := range a {
		for len(b) > 0 && b[0] < row {
			b = b[1:]
		}
		if len(b) > 0 && b[0] == row {
			b = b[1:]
			continue
		}
		out = append(out, row)
	}
	return out
}

func firstDifference(a, b []string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
