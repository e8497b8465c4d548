package checks

import (
	"encoding/binary"
	"strconv"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/zeebo/xxh3"

	"github.com/civic-etl/civic-etl/load/published"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

// key is a value, or several side by side, as a set knows it: a whole number by
// itself, anything else by 128 bits of hash, which no two values that anybody will
// meet share. A number and the text that prints it are one key, so that it does not
// matter in which format another table was written.
type key struct {
	number bool
	n      int64
	sum    xxh3.Uint128
}

// keySet remembers keys: numbers in a compressed bitmap, a few bits each where
// they are dense as CIViC's ids are, and 16 bytes and a little for each other one.
type keySet struct {
	numbers *roaring64.Bitmap
	sums    map[xxh3.Uint128]struct{}
}

func newKeySet() *keySet {
	return &keySet{numbers: roaring64.New(), sums: map[xxh3.Uint128]struct{}{}}
}

// add says whether the key was not there before.
func (s *keySet) add(k key) bool {
	if k.number {
		return s.numbers.CheckedAdd(uint64(k.n))
	}
	before := len(s.sums)
	s.sums[k.sum] = struct{}{}
	return len(s.sums) > before
}

func (s *keySet) Has(k key) bool {
	if k.number {
		return s.numbers.Contains(uint64(k.n))
	}
	_, found := s.sums[k.sum]
	return found
}

// size is the number of keys.
func (s *keySet) size() int64 { return int64(s.numbers.GetCardinality()) + int64(len(s.sums)) }

// without is the number of keys that the other set does not have.
func (s *keySet) without(other *keySet) int64 {
	missing := int64(s.numbers.GetCardinality() - s.numbers.AndCardinality(other.numbers))
	for sum := range s.sums {
		if _, found := other.sums[sum]; !found {
			missing++
		}
	}
	return missing
}

// keyColumns reads the keys that columns of a batch hold, row by row.
type keyColumns struct {
	names  []string
	arrays []arrow.Array
	texts  []func(int) string
	joined []byte
}

func newKeyColumns(batch arrow.RecordBatch, columns []int) *keyColumns {
	c := &keyColumns{}
	for _, i := range columns {
		c.names = append(c.names, batch.ColumnName(i))
		c.arrays = append(c.arrays, batch.Column(i))
		c.texts = append(c.texts, published.TextOf(batch.Column(i)))
	}
	return c
}

// row is the key of a row; false if one of its values is null.
func (c *keyColumns) row(i int) (key, bool) {
	for _, a := range c.arrays {
		if a.IsNull(i) {
			return key{}, false
		}
	}
	if len(c.arrays) == 1 {
		return c.value(c.arrays[0], c.texts[0], i), true
	}
	c.joined = c.joined[:0]
	for _, text := range c.texts {
		t := text(i)
		c.joined = append(binary.AppendUvarint(c.joined, uint64(len(t))), t...)
	}
	return key{sum: xxh3.Hash128(c.joined)}, true
}

// each visits the keys of a row: that of its values, or of a single column of
// lists those of the elements. Nulls are no keys. show gives the key as text.
func (c *keyColumns) each(i int, visit func(k key, show func() string)) {
	list, ok := c.arrays[0].(*array.List)
	if !ok || len(c.arrays) > 1 {
		if k, whole := c.row(i); whole {
			visit(k, func() string { return c.show(i) })
		}
		return
	}
	if list.IsNull(i) {
		return
	}
	values := list.ListValues()
	text := published.TextOf(values)
	for start, end := list.ValueOffsets(i); start < end; start++ {
		if at := int(start); !values.IsNull(at) {
			visit(c.value(values, text, at), func() string { return wording.Quote(text(at)) })
		}
	}
}

func (c *keyColumns) value(a arrow.Array, text func(int) string, i int) key {
	switch a := a.(type) {
	case *array.Int64:
		return key{number: true, n: a.Value(i)}
	case *array.Int32:
		return key{number: true, n: int64(a.Value(i))}
	}
	return textKey(text(i))
}

func textKey(text string) key {
	if n, ok := wholeNumber(text); ok {
		return key{number: true, n: n}
	}
	return key{sum: xxh3.HashString128(text)}
}

// show is a row's key as a message has it: the value, or id=7 name=x.
func (c *keyColumns) show(i int) string {
	if len(c.arrays) == 1 {
		return shownCell(c.arrays[0], c.texts[0], i)
	}
	return c.named(i)
}

func (c *keyColumns) named(i int) string {
	var b []byte
	for at, name := range c.names {
		if at > 0 {
			b = append(b, ' ')
		}
		b = append(append(b, name+"="...), shownCell(c.arrays[at], c.texts[at], i)...)
	}
	return string(b)
}

func shownCell(a arrow.Array, text func(int) string, i int) string {
	if a.IsNull(i) {
		return "null"
	}
	return wording.Quote(text(i))
}

// wholeNumber is the number that a text prints just as it would be printed.
func wholeNumber(text string) (int64, bool) {
	digits := text
	if len(text) > 0 && text[0] == '-' {
		digits = text[1:]
	}
	if len(digits) == 0 || len(digits) > 19 || digits[0] == '0' && (len(digits) > 1 || len(text) > 1) {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && text[0] != '+'
}
