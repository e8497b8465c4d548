package parquetio

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/parquet-go/parquet-go"

	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/internal/values"
	"github.com/civic-etl/civic-etl/schemas"
)

// column encodes one column of a row group, straight from Arrow arrays. It
// decides itself where pages end, by rows and bytes since the last one, so that
// files do not depend on how rows were cut into batches.
type column struct {
	writer *parquet.ColumnWriter
	dict   *dictionaryType // nil: plain
	ahead  *ahead          // nil: pages are compressed as they come
	index  int
	typ    schemas.Type
	limits pageLimits
	levels marks
	digest *digest.Digest // of the row group
	groups []digest.Sum   // of those before

	values []parquet.Value // not yet handed to writer
	rows   int             // in the page
	bytes  int             // in the page, as the data goes, not as it is encoded
}

// pageLimits say when a page is full.
type pageLimits struct {
	rows, bytes int
}

func (l pageLimits) reached(rows, bytes int) bool { return rows >= l.rows || bytes >= l.bytes }

// What values count for in a page.
const nullSize = 1

func textSize(n int) int { return n + 4 }

// add encodes rows [from, to) of a.
func (c *column) add(a arrow.Array, from, to int) error {
	if list, ok := a.(*array.List); ok {
		return c.addLists(list, from, to)
	}
	src, err := c.source(a)
	if err != nil {
		return err
	}
	texts, _ := a.(*array.String)
	if c.ahead != nil {
		c.ahead.begin(from)
	}
	present, nulls := c.definition(2), a.NullN() > 0
	for i := from; i < to; i++ {
		if c.rows == 0 || i == from {
			c.lookAhead(texts, i, to)
		}
		if nulls && a.IsNull(i) {
			c.addNull(0, 0)
		} else {
			c.addValue(src, i, 0, present)
		}
		if err := c.endRow(); err != nil {
			return err
		}
	}
	return c.flushValues()
}

// The levels of a column's definition, outermost first: the value or list is
// there; the list has an element; the element is there. definition(n) is the
// level at which everything up to the n-th optional step holds.
func (c *column) definition(step int) int {
	level := 0
	if c.typ.Nullable {
		level++
	}
	if !c.typ.List {
		return level
	}
	if step >= 1 {
		level++
	}
	if step >= 2 && c.typ.ElementNullable {
		level++
	}
	return level
}

func (c *column) addLists(a *array.List, from, to int) error {
	elements := a.ListValues()
	src, err := c.source(elements)
	if err != nil {
		return err
	}
	empty, null, present := c.definition(0), c.definition(1), c.definition(2)
	for i := from; i < to; i++ {
		start, end := a.ValueOffsets(i)
		switch {
		case a.IsNull(i):
			c.addNull(0, 0)
		case start == end:
			c.addNull(0, empty)
		}
		for j := int(start); j < int(end) && a.IsValid(i); j++ {
			repetition := min(1, j-int(start))
			if elements.IsNull(j) {
				c.addNull(repetition, null)
			} else {
				c.addValue(src, j, repetition, present)
			}
		}
		if err := c.endRow(); err != nil {
			return err
		}
	}
	return c.flushValues()
}

// marks are the levels of what is not given as a value: the repetition, then the definition.
type marks [2][4]parquet.Value

func marksOf(column int) (l marks) {
	for repetition := range l {
		for definition := range l[repetition] {
			l[repetition][definition] = parquet.Value{}.Level(repetition, definition, column)
		}
	}
	return l
}

func (c *column) addNull(repetition, definition int) {
	c.values = append(c.values, c.levels[repetition][definition])
	c.bytes += nullSize
}

// addValue adds the i-th value of src. While there is a dictionary, it takes the value, and
// parquet-go gets only the levels.
func (c *column) addValue(src source, i, repetition, definition int) {
	if c.dict != nil && !c.dict.plain {
		src.take(i)
		c.values = append(c.values, c.levels[repetition][definition])
	} else {
		c.values = append(c.values, src.value(i).Level(repetition, definition, c.index))
	}
	c.bytes += src.size(i)
}

func (c *column) endRow() error {
	c.rows++
	if c.full() {
		return c.endPage()
	}
	if len(c.values) >= valueBatch {
		return c.flushValues()
	}
	return nil
}

// full says whether the page is. The first one of a dictionary is small: if it shows
// that no dictionary pays, little of the row group was lost to it.
func (c *column) full() bool {
	limits := c.limits
	if c.dict != nil && c.dict.trial {
		limits.rows, limits.bytes = limits.rows/8, limits.bytes/8
	}
	return limits.reached(c.rows, c.bytes)
}

// valueBatch is how many values parquet-go gets at once: enough to make the call cheap, few enough
// to stay in the cache.
const valueBatch = 512

func (c *column) flushValues() error {
	if len(c.values) == 0 {
		return nil
	}
	_, err := c.writer.WriteRowValues(c.values)
	c.values = c.values[:0]
	return err
}

// endPage encodes and compresses the page, so that a row group is never held
// raw.
func (c *column) endPage() error {
	if err := c.flushValues(); err != nil {
		return err
	}
	if c.dict != nil {
		c.dict.trial = false
	}
	c.rows, c.bytes = 0, 0
	return c.writer.Flush()
}

// addDigest takes the values of rows [from, to) of a.
func (c *column) addDigest(a arrow.Array, from, to int) error {
	if from > 0 || to < a.Len() {
		a = array.NewSlice(a, int64(from), int64(to))
		defer a.Release()
	}
	return c.digest.Add(a)
}

// endGroup ends the last page of a row group.
func (c *column) endGroup() error {
	err := c.endPage()
	if c.digest.Rows() > 0 {
		c.groups = append(c.groups, c.digest.Sum())
		c.digest = digest.New(c.typ.Arrow())
	}
	if c.dict != nil {
		c.dict.trial, c.dict.plain = true, false
	}
	if c.ahead != nil {
		c.ahead.forget()
	}
	return err
}

// lookAhead has the plain pages that begin at row i or later compressed by
// others.
func (c *column) lookAhead(texts *array.String, i, to int) {
	if c.ahead == nil {
		return
	}
	if c.dict != nil && !c.dict.plain {
		c.ahead.begin(to) // this page is one of a dictionary
		return
	}
	if c.rows == 0 && len(c.ahead.pending) == 0 && c.ahead.page.rows == 0 {
		c.ahead.begin(i) // the first plain page, or the first after a pause
	}
	c.ahead.fill(texts, to)
}

// source gives access to the values of an array. The i-th, which must not be
// null: into the column's dictionary, as parquet-go takes it, and what it
// counts for in a page.
type source struct {
	take  func(i int)
	value func(i int) parquet.Value
	size  func(i int) int
}

func (c *column) source(a arrow.Array) (s source, err error) {
	if c.dict != nil {
		if s.take, err = c.dict.dict.taker(a); err != nil {
			return s, err
		}
	}
	switch a := a.(type) {
	case *array.String:
		s.value = func(i int) parquet.Value { return parquet.ByteArrayValue(values.OfString(a.Value(i))) }
		s.size = func(i int) int { return textSize(a.ValueLen(i)) }
	case *array.Int32:
		s.value, s.size = func(i int) parquet.Value { return parquet.Int32Value(a.Value(i)) }, four
	case *array.Date32:
		s.value, s.size = func(i int) parquet.Value { return parquet.Int32Value(int32(a.Value(i))) }, four
	case *array.Int64:
		s.value, s.size = func(i int) parquet.Value { return parquet.Int64Value(a.Value(i)) }, eight
	case *array.Timestamp:
		s.value, s.size = func(i int) parquet.Value { return parquet.Int64Value(int64(a.Value(i))) }, eight
	case *array.Float64:
		s.value, s.size = func(i int) parquet.Value { return parquet.DoubleValue(a.Value(i)) }, eight
	case *array.Boolean:
		s.value, s.size = func(i int) parquet.Value { return parquet.BooleanValue(a.Value(i)) }, one
	default:
		return s, fmt.Errorf("no column may hold %s", a.DataType())
	}
	return s, nil
}

func one(int) int   { return 1 }
func four(int) int  { return 4 }
func eight(int) int { return 8 }
