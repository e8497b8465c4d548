package checks

import (
	"fmt"
	"math"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/civic-etl/civic-etl/schemas"
)

func TestWholeNumber(t *testing.T) {
	for text, want := range map[string]bool{
		"0": true, "7": true, "-7": true, "9223372036854775807": true, "-9223372036854775808": true,
		"": false, "-": false, "-0": false, "007": false, "+7": false, "7.0": false, "9223372036854775808": false, "7 ": false, "1e3": false,
	} {
		if n, ok := wholeNumber(text); ok != want || ok && fmt.Sprint(n) != text {
			t.Errorf("%q: %d, %v", text, n, ok)
		}
	}
}

// A set tells keys apart as their texts do, whatever they look like.
func TestKeySet(t *testing.T) {
	texts := []string{"", "0", "-0", "00", "7", "07", "-7", "a", "a\x00", "A", "9223372036854775808", "é"}
	s, other := newKeySet(), newKeySet()
	for i, text := range texts {
		if s.has(textKey(text)) || !s.add(textKey(text)) || s.add(textKey(text)) || !s.has(textKey(text)) {
			t.Errorf("%q is taken for another", text)
		}
		if i%2 == 0 {
			other.add(textKey(text))
		}
	}
	if s.size() != int64(len(texts)) || s.without(other) != int64(len(texts)/2) || other.without(s) != 0 {
		t.Errorf("%d keys, %d and %d of them in one only", s.size(), s.without(other), other.without(s))
	}
}

// TestUniqueLeavesNullsAside, as SQL does.
func TestUniqueLeavesNullsAside(t *testing.T) {
	table := &schemas.Table{Name: "t", Columns: []schemas.Column{
		{Name: "n", Type: schemas.Type{Kind: schemas.Int64, Nullable: true}}, {Name: "s", Type: schemas.Type{Kind: schemas.String, Nullable: true}},
	}}
	b := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer b.Release()
	b.Field(0).(*array.Int64Builder).AppendValues([]int64{1, 0, 0, -1, 1}, []bool{true, false, false, true, true})
	b.Field(1).(*array.StringBuilder).AppendValues([]string{"a", "b", "", "", "a"}, []bool{true, true, false, false, true})
	batch := b.NewRecordBatch()
	defer batch.Release()
	for _, columns := range [][]string{{"n"}, {"s"}, {"n", "s"}} {
		r := &uniqueRule{rowNames: newRowNames(table), columns: Indexes(table, columns), seen: newKeySet(), shownKeys: map[key]bool{}}
		r.observe(batch)
		if wrong, _ := r.verdict(t.Context()); r.repeats != 1 || wrong == "" {
			t.Errorf("unique %v: %d repeats, %s", columns, r.repeats, wrong)
		}
	}
}

// Beyond the bound of remembered text, values are counted and not shown.
func TestReferencesBeyondMemory(t *testing.T) {
	r := &referencesRule{known: map[key]*waiting{}, more: newKeySet(), keys: newKeySet(), spent: waitingBytes + 1}
	for i := range 10 {
		text := func() string { return fmt.Sprint("v", i) }
		r.wait(textKey(text()), text, text)
	}
	r.keys.add(textKey("v3"))
	if wrong, _ := r.verdict(t.Context()); wrong != "9 distinct values (9 occurrences) have no match: …" {
		t.Error(wrong)
	}
}

// A double without a fraction is the key of the same integer, alone and beside another column.
func TestKeysOfDoubles(t *testing.T) {
	table := &schemas.Table{Name: "t", Columns: []schemas.Column{
		{Name: "n", Type: schemas.Type{Kind: schemas.Int64}}, {Name: "f", Type: schemas.Type{Kind: schemas.Float64}},
	}}
	b := array.NewRecordBuilder(memory.DefaultAllocator, table.Arrow())
	defer b.Release()
	b.Field(0).(*array.Int64Builder).AppendValues([]int64{3, 0, 0, -7, 1 << 53, 3}, nil)
	b.Field(1).(*array.Float64Builder).AppendValues([]float64{3, 0, math.Copysign(0, -1), -7, 1 << 53, 3.5}, nil)
	batch := b.NewRecordBatch()
	defer batch.Release()
	ints, doubles := newKeyColumns(batch, []int{0}), newKeyColumns(batch, []int{1})
	intPairs, doublePairs := newKeyColumns(batch, []int{0, 0}), newKeyColumns(batch, []int{1, 0})
	for i := range 6 {
		n, _ := ints.row(i)
		f, _ := doubles.row(i)
		nn, _ := intPairs.row(i)
		fn, _ := doublePairs.row(i)
		if equal := i < 5; (n == f) != equal || (nn == fn) != equal {
			t.Errorf("row %d: %v and %v, %v and %v", i, n, f, nn, fn)
		}
	}
	if f := newKeyColumns(batch, []int{1}); f.show(0) != "3.0" {
		t.Errorf("shown as %s", f.show(0))
	}
}
