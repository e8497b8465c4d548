package parquetio

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/parquet-go/parquet-go"

	"github.com/civic-etl/civic-etl/load/internal/digest"
	"github.com/civic-etl/civic-etl/load/internal/values"
	"github.com/civic-etl/civic-etl/schemas"
)

// column encodes one column of a row group, straight from Arrow arrays. It ends pages by their rows and bytes alone,
// so that files do not depend on how rows were cut into batches.
type column struct {
	writer *parquet.ColumnWriter
	dict   *dictionaryType // nil: plain
	ahead  *ahead          // nil: pages are compressed when they are full
	index  int
	typ    schemas.Type
	kind   parquet.Kind
	limits pageLimits
	levels levels
	digest *digest.Digest // of the row group
	groups []digest.Sum   // of the row groups before

	values []parquet.Value // not yet handed to writer
	rows   int             // in the page
	bytes  int             // in the page: of the data, not of its encoding
}

// pageLimits say when a page is full.
type pageLimits struct {
	rows, bytes int
}

func (l pageLimits) reached(rows, bytes int) bool { return rows >= l.rows || bytes >= l.bytes }

// Sizes that count for pageLimits beside the bytes of values.
const (
	nullBytes   = 1
	lengthBytes = 4 // of a text
)

// levels are the definition levels of a column, and values that have levels only.
type levels struct {
	empty, null, present int                 // of a list without elements, of a null element, of a value
	only                 [2][4]parquet.Value // by repetition and definition level
}

func newColumn(index int, typ schemas.Type) *column {
	c := &column{index: index, typ: typ, kind: leaf(typ.Kind).Kind(), digest: digest.New(typ.Arrow())}
	if typ.Nullable {
		c.levels.empty = 1
	}
	c.levels.present = c.levels.empty
	if typ.List {
		c.levels.null = c.levels.empty + 1
		c.levels.present = c.levels.null
		if typ.ElementNullable {
			c.levels.present++
		}
	}
	for repetition := range c.levels.only {
		for definition := range c.levels.only[repetition] {
			c.levels.only[repetition][definition] = parquet.Value{}.Level(repetition, definition, index)
		}
	}
	return c
}

// text reports whether the values are texts.
func (c *column) text() bool { return c.kind == parquet.ByteArray }

// add encodes rows [from, to) of a.
func (c *column) add(a arrow.Array, from, to int) error {
	if list, ok := a.(*array.List); ok {
		return c.addLists(list, from, to)
	}
	value, err := valueBytes(a)
	if err != nil {
		return err
	}
	texts, _ := a.(*array.String)
	if c.ahead != nil {
		c.ahead.next = from
	}
	nulls := a.NullN() > 0
	for i := from; i < to; i++ {
		if c.rows == 0 || i == from {
			c.lookAhead(texts, i, to)
		}
		if nulls && a.IsNull(i) {
			c.addNull(0, 0)
		} else {
			c.addValue(value(i), 0)
		}
		if err := c.endRow(); err != nil {
			return err
		}
	}
	return c.flushValues()
}

func (c *column) addLists(a *array.List, from, to int) error {
	elements := a.ListValues()
	value, err := valueBytes(elements)
	if err != nil {
		return err
	}
	for i := from; i < to; i++ {
		start, end := a.ValueOffsets(i)
		switch {
		case a.IsNull(i):
			c.addNull(0, 0)
			end = start
		case start == end:
			c.addNull(0, c.levels.empty)
		}
		for j := int(start); j < int(end); j++ {
			repetition := min(1, j-int(start))
			if elements.IsNull(j) {
				c.addNull(repetition, c.levels.null)
			} else {
				c.addValue(value(j), repetition)
			}
		}
		if err := c.endRow(); err != nil {
			return err
		}
	}
	return c.flushValues()
}

func (c *column) addNull(repetition, definition int) {
	c.values = append(c.values, c.levels.only[repetition][definition])
	c.bytes += nullBytes
}

// addValue adds a value in plain encoding. While there is a dictionary, it takes the
// value, and parquet-go gets only the levels.
func (c *column) addValue(value []byte, repetition int) {
	if c.dict != nil && !c.dict.plain {
		c.dict.dict.add(value)
		c.values = append(c.values, c.levels.only[repetition][c.levels.present])
	} else {
		c.values = append(c.values, c.kind.Value(value).Level(repetition, c.levels.present, c.index))
	}
	c.bytes += len(value)
	if c.text() {
		c.bytes += lengthBytes
	}
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

// full reports whether the page is full. The first page of a dictionary is small: if it shows that the dictionary does
// not pay, little of the row group is lost.
func (c *column) full() bool {
	limits := c.limits
	if c.dict != nil && c.dict.trial {
		limits.rows, limits.bytes = limits.rows/8, limits.bytes/8
	}
	return limits.reached(c.rows, c.bytes)
}

// valueBatch is how many values parquet-go gets at once: enough to make the call
// cheap, few enough to stay in the cache.
const valueBatch = 512

func (c *column) flushValues() error {
	if len(c.values) == 0 {
		return nil
	}
	_, err := c.writer.WriteRowValues(c.values)
	c.values = c.values[:0]
	return err
}

// endPage encodes and compresses the page, so that memory never holds a raw row group.
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

// addDigest adds rows [from, to) of a to the digest.
func (c *column) addDigest(a arrow.Array, from, to int) error {
	part := array.NewSlice(a, int64(from), int64(to))
	defer part.Release()
	return c.digest.Add(part)
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
		c.ahead.reset()
	}
	return err
}

// lookAhead has the plain pages that begin at row i or later compressed ahead.
func (c *column) lookAhead(texts *array.String, i, to int) {
	if c.ahead == nil || c.dict != nil && !c.dict.plain {
		return
	}
	if c.rows == 0 && c.ahead.page.rows == 0 && len(c.ahead.pending) == 0 {
		c.ahead.next = i // the first plain page, or the first after a pause
	}
	c.ahead.fill(texts, to)
}

// valueBytes returns a function that gives the plain encoding of the i-th value of an array, which must not be null.
func valueBytes(a arrow.Array) (func(i int) []byte, error) {
	switch a := a.(type) {
	case *array.String:
		return func(i int) []byte { return values.OfString(a.Value(i)) }, nil
	case *array.Boolean:
		no, yes := []byte{0}, []byte{1}
		return func(i int) []byte {
			if a.Value(i) {
				return yes
			}
			return no
		}, nil
	}
	data, width, err := values.Fixed(a)
	return func(i int) []byte { return data[i*width : (i+1)*width] }, err
}
