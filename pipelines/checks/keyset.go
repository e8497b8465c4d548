package checks

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/zeebo/xxh3"

	"github.com/civic-etl/civic-etl/load/published"
	"github.com/civic-etl/civic-etl/pipelines/internal/wording"
)

// key is the value of one or several columns: a whole number, or a hash of 128 bits. A number and its decimal text are
// the same key, so that tables of different formats can be compared.
type key struct {
	number bool
	n      int64
	sum    xxh3.Uint128
}

// keySet is a set of keys: numbers in a compressed bitmap, a few bits each for dense ids, and others as hashes.
type keySet struct {
	numbers *roaring64.Bitmap
	sums    map[xxh3.Uint128]struct{}
}

func newKeySet() *keySet {
	return &keySet{numbers: roaring64.New(), sums: map[xxh3.Uint128]struct{}{}}
}

// add reports whether the key is new.
func (s *keySet) add(k key) bool {
	if k.number {
		return s.numbers.CheckedAdd(uint64(k.n))
	}
	before := len(s.sums)
	s.sums[k.sum] = struct{}{}
	return len(s.sums) > before
}

func (s *keySet) has(k key) bool {
	if k.number {
		return s.numbers.Contains(uint64(k.n))
	}
	_, found := s.sums[k.sum]
	return found
}

func (s *keySet) size() int64 { return int64(s.numbers.GetCardinality()) + int64(len(s.sums)) }

// without counts the keys that the other set lacks.
func (s *keySet) without(other *keySet) int64 {
	missing := int64(s.numbers.GetCardinality() - s.numbers.AndCardinality(other.numbers))
	for sum := range s.sums {
		if _, found := other.sums[sum]; !found {
			missing++
		}
	}
	return missing
}

type keyColumns struct {
	names  []string
	arrays []arrow.Array
	texts  []func(int) string // as shown
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
	for at, a := range c.arrays {
		t := c.keyText(a, c.texts[at], i)
		c.joined = append(binary.AppendUvarint(c.joined, uint64(len(t))), t...)
	}
	return key{sum: xxh3.Hash128(c.joined)}, true
}

// each visits the keys of a row, except nulls: one, or those of the elements if there is a single column of lists. show
// returns the key as text.
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
	case *array.Float64:
		if n, whole := wholeFloat(a.Value(i)); whole {
			return key{number: true, n: n}
		}
	}
	return textKey(text(i))
}

// keyText is the text of a value in a key of several columns, the same for an integer and a double of one value.
func (c *keyColumns) keyText(a arrow.Array, text func(int) string, i int) string {
	if f, ok := a.(*array.Float64); ok {
		if n, whole := wholeFloat(f.Value(i)); whole {
			return strconv.FormatInt(n, 10)
		}
	}
	return text(i)
}

// wholeFloat returns a double as an integer if it is one. Minus zero is zero.
func wholeFloat(f float64) (int64, bool) {
	return int64(f), f == math.Trunc(f) && math.Abs(f) < 1<<63
}

func textKey(text string) key {
	if n, ok := wholeNumber(text); ok {
		return key{number: true, n: n}
	}
	return key{sum: xxh3.HashString128(text)}
}

// show is the key of a row in a message: the value, or id=7 name=x.
func (c *keyColumns) show(i int) string {
	if len(c.arrays) == 1 {
		return shownCell(c.arrays[0], c.texts[0], i)
	}
	return c.named(i)
}

func (c *keyColumns) named(i int) string {
	parts := make([]string, len(c.names))
	for at, name := range c.names {
		parts[at] = name + "=" + shownCell(c.arrays[at], c.texts[at], i)
	}
	return strings.Join(parts, " ")
}

func shownCell(a arrow.Array, text func(int) string, i int) string {
	if a.IsNull(i) {
		return "null"
	}
	return wording.Quote(text(i))
}

// wholeNumber parses a number in its canonical decimal form.
func wholeNumber(text string) (int64, bool) {
	if len(text) > len("-9223372036854775808") {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && strconv.FormatInt(n, 10) == text
}
